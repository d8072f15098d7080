import type { Codec } from "./codecs/codec.js";
import { type Code, type HawserError } from "./errors.js";
import { type Packet } from "./packet.js";
import type { Platform } from "./platform.js";
import { type Outgoing } from "./session.js";
import type { Strand, Strands } from "./strands.js";
import type { Opening } from "./transports/transport.js";
export interface TrafficOptions {
    readonly url: string;
    readonly platform: Platform;
    readonly codec: Codec;
    /** What the session sends. Its packets are numbered here, and forgotten when the server has them. */
    readonly log: Outgoing;
    /** A packet for the application, in order, once. */
    packet(packet: Packet): void;
    /** Another session has begun after one was lost, which had accepted that many packets, if that is known. */
    begun(accepted?: number): void;
}
/** What the traffic tells of, to whoever decides what follows. */
export interface Supervisor {
    /** A wire was welcomed; `active`: by what the server says it is the one in use. */
    welcomed(strand: Strand, active: boolean): void;
    /** The server has moved to the wire that it was asked for. */
    arrived(strand: Strand): void;
    /** Whoever answered on this wire does not know the session. */
    gone(strand: Strand): void;
    /** A wire is over. */
    drop(strand: Strand, error: HawserError): void;
    /** A wire is over, as it says itself. */
    failed(strand: Strand, why: string, code?: Code): void;
    /** The server refuses, on this wire. */
    refused(strand: Strand, error: HawserError): void;
    /** The session is lost, and another may begin. */
    lose(error: HawserError): void;
    /** The server ended the session, of which it had accepted that many packets, if it says so. */
    over(error: HawserError, accepted?: number): void;
    /** The server goes away, in so many ms. */
    goaway(within: number): void;
    /** Something got across, either way. */
    progress(): void;
    /** A wire that was kept has spoken again. */
    revived(strand: Strand): void;
    /** The wire in use looks dead. */
    suspect(): void;
    /** The server should be asked for a sign of life on the wire in use. */
    probe(): void;
}
export interface Traffic {
    /** What a wire asks of the client and tells it. */
    opening(strand: Strand): Opening;
    /** Asks on a wire for the session to be moved there, by a claim that was just taken. */
    ask(strand: Strand): void;
    /** Carries the session on a wire from now on. */
    adopt(strand: Strand): void;
    /** No wire carries it. */
    stop(): void;
    /** The log has something to send. */
    wake(): void;
    /** Asks for a sign of life on the wire in use. */
    probe(): void;
    /** Whether the wire in use looks dead. */
    suspected(): boolean;
    /** Says a last word to the server by a request that outlives the page. */
    beacon(packet: Packet): void;
    /** The session's key, which is made if there is none; undefined where the server has to. */
    key(): string | undefined;
    /**
     * Forgets the session, of which `known` says whether it is known what became of what was sent: what follows is another.
     * Whether that one's welcome says it.
     */
    renew(known: unknown): boolean;
    /** The session's public id, once it is known. */
    sid(): string | undefined;
    /** What the hellos say of the user. */
    token: string | undefined;
    /** The most bytes that a packet may have. */
    limit(): number;
}
export declare function traffic(o: TrafficOptions, wires: Strands, to: Supervisor): Traffic;
