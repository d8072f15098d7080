import type { Unsubscribe } from "./emitter.js";
import type { HawserError } from "./errors.js";
import type { CallOptions } from "./requests.js";
/** How a channel's membership changed. */
export interface ChannelStatus {
    /**
     * "joined": for the first time, or again in a new session. "reset": still a member, but messages were lost. "left":
     * no longer a member.
     */
    readonly status: "joined" | "reset" | "left";
    /** Of "joined": whether nothing was missed since the membership before. Absent for the first. */
    readonly recovered?: boolean | undefined;
    /** Of "left": why, if it was not asked for. */
    readonly error?: HawserError | undefined;
}
/**
 * A channel, as one client sees it. Listeners stay for as long as the client does; a membership is renewed by itself
 * when the session was lost. All data is what the codec makes of it; type parameters are the caller's word.
 */
export interface Channel {
    readonly name: string;
    /** Whether the server has let us in, and nothing has ended it. */
    readonly joined: boolean;
    /**
     * Joins, and resolves with what the server's handler has to say. While joined or joining, another call gives the
     * same promise.
     */
    join<T = unknown>(data?: unknown): Promise<T>;
    /** Leaves. Resolves when the server has confirmed it. */
    leave(): Promise<void>;
    /** Listens to an event of the channel. */
    on<T = unknown>(event: string, fn: (data: T) => void): Unsubscribe;
    /** Listens to the changes of the membership. */
    onStatus(fn: (status: ChannelStatus) => void): Unsubscribe;
    /** Sends an event to the channel's handlers on the server: see `Client.send`. */
    send(event: string, data?: unknown): Promise<void>;
    /** Sends an event that may be lost: see `Client.volatile`. */
    volatile(event: string, data?: unknown): void;
    /** Calls a handler of the channel: see `Client.call`. */
    call<T = unknown>(event: string, data?: unknown, options?: CallOptions): Promise<T>;
}
