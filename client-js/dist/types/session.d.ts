import type { Encoded } from "./codecs/codec.js";
import { type HawserError } from "./errors.js";
import { Kind } from "./packet.js";
/** Bounds of the two parts of an outgoing log. A part that is empty takes any one packet. */
export interface Limits {
    /** 1 MiB unless given. */
    readonly unsentBytes?: number;
    /** 4,096 unless given. */
    readonly unsentPackets?: number;
    /** 4 MiB unless given. */
    readonly sentBytes?: number;
    /** 16,384 unless given. */
    readonly sentPackets?: number;
}
/** A packet in an outgoing log. */
export interface Entry {
    readonly data: Encoded;
    readonly size: number;
    readonly kind: Kind;
    /** Its number, from 1; 0 while it was never written to a wire of this session. */
    n: number;
    /** Called once it is known what became of it: without an error, the other side has it. */
    readonly settle: (error?: HawserError) => void;
}
/** Where a packet goes if not simply at the end: before all that is unsent, or at the end for good. */
export type Place = "first" | "last";
/** What one end sends: first the sent packets, numbered and kept until acknowledged, then the unsent tail. */
export interface Outgoing {
    /**
     * Adds a packet to the tail. Throws `not_sent` when the tail is full or the log has ended. No bound keeps out a
     * packet that goes before all that is unsent, nor the last one.
     */
    append(data: Encoded, size: number, kind: Kind, settle: Entry["settle"], place?: Place): Entry;
    /** Takes an unsent packet out again, unsettled. False if it was sent. */
    drop(entry: Entry): boolean;
    /** Starts a new wire: the next packet is the first after what is acknowledged, whose number it returns. */
    attach(): number;
    /**
     * The next packet for the wire in use, if it has at most `budget` bytes, and is of that kind if one is given; an
     * unsent one gets its number. Undefined when nothing waits, or the sent part is full.
     */
    next(budget: number, only?: Kind): Entry | undefined;
    /** Whether `next`, with budget enough, would give a packet. */
    waiting(): boolean;
    /**
     * Forgets the packets up to n and settles them; returns how many bytes they had. A lower n than before changes
     * nothing; one that was never sent throws `protocol`.
     */
    ack(n: number): number;
    /**
     * Puts a cancel in the place of a packet, if that is the first that is not acknowledged, and settles it with the error.
     */
    spoil(entry: Entry, data: Encoded, size: number, error: HawserError): void;
    /** Takes out all unsent packets of more than `size` bytes, settled with the error. */
    shed(size: number, error: HawserError): void;
    /** The highest number given, */
    sent(): number;
    /** and the highest acknowledged. */
    acked(): number;
    /** How many bytes the packets of both parts have. */
    bytes(): number;
    /** The session is lost, and counting starts over for a new one. What was sent is in doubt until `recover`. */
    lose(): void;
    /**
     * Of what is in doubt, the lost session had accepted that many packets: those are settled. The others go again, before
     * all that is unsent but the joins that it begins with; if it is not known, they are settled with the error. So is what means nothing in another
     * session. docs/protocol.md §10.
     */
    recover(accepted: number | undefined, error: HawserError): void;
    /** Settles all, for good: what was sent with `sent`, the rest with `unsent`. */
    end(sent: HawserError, unsent: HawserError): void;
}
export declare function outgoing(limits?: Limits): Outgoing;
/** The place of one wire in the peer's numbers. `next` is 0 until it said where they start. */
export interface Cursor {
    next: number;
}
/** Counts what one end has accepted. */
export interface Incoming {
    /**
     * The wire's next numbered packet is n. Throws `leap` if packets are missing: that wire is over; and
     * `unknown_outcome` if this happens again before a packet was accepted: the session is over.
     */
    start(cursor: Cursor, n: number): void;
    /**
     * Takes the wire's next numbered packet, and says whether it is new; if not, it is to be dropped. Throws `protocol`
     * without a start, or after the end.
     */
    accept(cursor: Cursor): boolean;
    /** The packet accepted last was the last. */
    end(): void;
    /** The highest number accepted: what an acknowledgement says. */
    received(): number;
}
export declare function incoming(): Incoming;
/** When an acknowledgement goes alone; otherwise it rides on whatever goes that way. */
export interface AckPolicy {
    readonly packets: number;
    readonly bytes: number;
    /** Milliseconds after the first packet that is not acknowledged. */
    readonly delay: number;
}
/** Remembers what was acknowledged to the peer, and since when there is more. */
export interface Acks {
    /** Packets of that many bytes were accepted. */
    took(bytes: number, now: number): void;
    /**
     * When an acknowledgement up to `n` is due, if need be alone: a time of the same clock, at best in the past, or
     * Infinity.
     */
    due(n: number, policy: AckPolicy): number;
    /** An acknowledgement of all was written. */
    said(n: number): void;
    /** Whether there is more than was said. */
    owed(n: number): boolean;
}
export declare function acks(): Acks;
