/** What soon does not matter any more: who is typing, where a cursor is. docs/protocol.md §9.1. */
import type { Room } from "../channel.js";
import type { Unsubscribe } from "../emitter.js";
/** A state of another session. */
export interface State<Value = unknown> {
    readonly session: string;
    /** Whose session it is, as far as presence tells; "" if that is nobody. */
    readonly user: string;
    readonly key: string;
    /** Undefined once it is over. */
    readonly value: Value | undefined;
}
export interface SetOptions {
    /**
     * For how many milliseconds it lasts after it was set last, at most 60,000. Without it, it lasts until it is cleared,
     * or for 5 s after this page is gone.
     */
    ttl?: number | undefined;
}
/** States of a channel. They may be lost, are never late, and end with their time or with their owner's presence. */
export interface States {
    /**
     * Shows a state to the others. As often as one likes: at most each 50 ms one is sent for each key, the latest value
     * last.
     */
    set(key: string, value: unknown, options?: SetOptions): void;
    /** Takes it back. */
    clear(key: string): void;
    /** Listens to the states of others under a key: each that is set, and, without a value, each that is over. */
    on<Value = unknown>(key: string, fn: (state: State<Value>) => void): Unsubscribe;
    /** All states of others, or those under a key. */
    all<Value = unknown>(key?: string): State<Value>[];
    /** Ends all of one's own, and wants to know nothing more. */
    close(): void;
}
/** The states of a channel, for as long as one is a member: the same object each time, until it is closed. */
export declare function state(room: Room): States;
