/** Who is in a channel: docs/protocol.md §9.1. */
import type { Room } from "../channel.js";
import type { Unsubscribe } from "../emitter.js";
/** One session that is in a channel. */
export interface Member<Data = unknown> {
    /** Its public id, as `Client.session` of the other side. */
    readonly session: string;
    /** Whose it is; "" if that is nobody. */
    readonly user: string;
    /** What it shows of itself, or the server of it. */
    readonly data: Data | undefined;
}
/** Somebody who is in a channel, with any number of sessions. Each session of nobody's is a user of its own. */
export interface User<Data = unknown> {
    readonly user: string;
    /** At least one; the one that has been here for the longest time comes first. */
    readonly sessions: readonly Member<Data>[];
}
/** How many are in a channel. */
export interface Count {
    readonly users: number;
    readonly sessions: number;
}
/** Who is in a channel. Kept while the connection is lost, and compared with what is true when it is back. */
export interface Presence<Data = unknown> {
    /** Everybody, oneself included. Empty until the server has said who is here, and once one has left. */
    users(): User<Data>[];
    sessions(): Member<Data>[];
    /** The session of that id, if it is here. */
    session(id: string): Member<Data> | undefined;
    count(): Count;
    /** Says what others see of this session. Rejects as `Client.call` does. */
    enter(data?: unknown): Promise<void>;
    /**
     * Listens to users who come ("join": also, once, those who are here already), go with their last session ("leave"),
     * or change ("update": a session more or less, other data). To leave the channel oneself is told of nobody.
     */
    on(event: "join" | "leave" | "update", fn: (user: User<Data>) => void): Unsubscribe;
    /** Wants to know nothing more. */
    close(): void;
}
/**
 * Watches who is in a channel, for as long as one is a member: the same object each time, until it is closed. The
 * server must let one see.
 */
export declare function presence<Data = unknown>(room: Room): Presence<Data>;
/** Asks how many are in a channel that one is a member of, without a list of them. */
export declare function count(room: Room): Promise<Count>;
