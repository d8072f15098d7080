import type { Codec, Encoded } from "./codecs/codec.js";
import { type Packet } from "./packet.js";
import type { Platform } from "./platform.js";
import type { Outgoing } from "./session.js";
import { type State } from "./state.js";
import { type Auth } from "./token.js";
import type { Transport } from "./transports/transport.js";
export interface LinkOptions {
    url: string;
    platform: Platform;
    codec: Codec;
    transports: Transport[];
    auth?: Auth;
    /** What the session sends. The link numbers it, and forgets it when the server has it. */
    log: Outgoing;
    /** The state has changed, or the wire in use. */
    changed(state: State): void;
    /** A packet for the application, in order, once. */
    packet(packet: Packet): void;
    /** The session is lost. To be rejoined here is what the next one should begin with. */
    lost(): void;
    /**
     * All that will be known of the lost session is known: that it had accepted that many packets, or, without a number,
     * not even that.
     */
    begun(accepted?: number): void;
}
export interface Link {
    /** Begins. */
    open(): void;
    /** The log has something to send. */
    wake(): void;
    /** Sends a control packet on the wire in use; drops it if there is none. */
    send(packet: Encoded): void;
    /** Uses these transports from now on, without losing the session. */
    use(transports: Transport[]): void;
    /** Drops all wires without a word, as a network would. */
    cut(): void;
    /** Ends the session, after what was sent before. */
    close(): void;
    state(): State;
    session(): string | undefined;
    transport(): string | undefined;
    /** The most bytes that a packet may have. */
    limit(): number;
}
export declare function link(o: LinkOptions): Link;
