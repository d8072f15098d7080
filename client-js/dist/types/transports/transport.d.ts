import type { Codec, Encoded } from "../codecs/codec.js";
import type { Code } from "../errors.js";
import type { Platform } from "../platform.js";
import type { AckPolicy } from "../session.js";
/**
 * A way to reach the server. Transports are values: one that is not passed to `connect` is not in the bundle.
 *
 * The client opens wires with it, whose packets it makes itself; a transport only carries frames. What goes up is
 * pulled by the wire (`Opening.packets`), because only it knows when it can carry something.
 */
export interface Transport {
    /** Its name: "websocket", "sse", "polling". */
    readonly name: string;
    /** Of two transports that work, the one with the higher rank is used. */
    readonly rank: number;
    /** How many milliseconds after the start of a race it opens. */
    readonly delay: number;
    /**
     * After how many milliseconds without a welcome another wire is opened beside, while none is in use: for requests
     * that a browser may have sent into a connection that is dead. Absent: never.
     */
    readonly hedge?: number;
    /** When acknowledgements of what came down go up alone. */
    readonly acks: AckPolicy;
    /** Whether it can work on the platform at all. */
    available(platform: Platform): boolean;
    /** Opens a wire. It calls back later, never at once. What it still says after `Wire.close` is passed over. */
    open(opening: Opening): Wire;
}
/** What a wire asks of the client that opened it, and tells it. */
export interface Opening {
    /** Where the server is mounted: absolute, ends in "/". */
    readonly url: string;
    readonly codec: Codec;
    readonly platform: Platform;
    /**
     * The hello of this wire as of now, and after it the packets that may go in the same flight: a whole frame. A poll
     * asks for one each time, with how many milliseconds its answer may be held; each after the first of a wire takes
     * the next claim.
     */
    hello(wait?: number): Encoded;
    /** The hello of a POST to `send` that speaks for this wire, alone. Undefined before the session is known. */
    sender(): Encoded | undefined;
    /**
     * What is to go up next: encoded packets for one frame, `start` among them where it is needed; none when nothing
     * waits or the wire may not carry numbered packets (it is a standby). `room` bytes of the frame limit are taken by
     * others. With `again`, all that is not acknowledged comes, from the first (a POST, whose answer says what was
     * accepted); otherwise what follows what the wire was given before.
     */
    packets(again: boolean, room: number): Encoded[];
    /** Bytes that the packets of one frame may have. */
    limit(): number;
    /** A frame came down. */
    frame(frame: Encoded): void;
    /**
     * An answer to a POST to `send` came, or a refusal; nothing where there was none. Returns after how many milliseconds
     * the next may go, 0 unless there is a reason for patience; or -1 if it is no answer of a Hawser server: the same may
     * go again, later. What is said to be too large (the HTTP status 413), or may be, because it gets no answer, goes in
     * smaller pieces next time; a packet that cannot be carried at all is given up.
     */
    answer(frame?: Encoded, status?: number): number;
    /** The wire is over, and why, in words for logs; with the code "unavailable" unless another is given. `Wire.close` is called then. */
    closed(why: string, code?: Code): void;
}
/** One open wire. Its methods do not throw. */
export interface Wire {
    /** Sends a control packet, when it can; on its order among numbered packets there is no promise. */
    send(packet: Encoded): void;
    /** `Opening.packets` has something. */
    wake(): void;
    /**
     * The client means to use this wire. If the server has not granted it yet, there is a `use` packet that asks for
     * it; a poll ignores the packet, for the next poll asks by itself. Called after each welcome on the wire that is in
     * use.
     */
    carry(use?: Encoded): void;
    /** Closes it without a word: nothing is called back any more. */
    close(): void;
}
