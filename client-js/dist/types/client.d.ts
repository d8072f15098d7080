import type { Channel } from "./channel.js";
import type { Codec } from "./codecs/codec.js";
import { type Unsubscribe } from "./emitter.js";
import { type HawserError } from "./errors.js";
import type { Platform } from "./platform.js";
import { type CallOptions } from "./requests.js";
import { type Auth } from "./token.js";
import type { Transport } from "./transports/transport.js";
/** What a client is doing, in a word. */
export type StatusName = "connecting" | "online" | "offline" | "closing" | "closed";
/** What a client is doing. */
export interface Status {
    readonly status: StatusName;
    /** Of "online": the transport in use, for those who want to look. */
    readonly transport?: string | undefined;
    /**
     * Of "online": whether this is still the session that it was before the connection broke. False: that one is lost,
     * and another has begun, in which what it had not accepted is sent again and channels are joined again. Absent for the
     * first session.
     */
    readonly resumed?: boolean | undefined;
    /** Of "offline" and "closed": why. Absent where the application closed the client. */
    readonly error?: HawserError | undefined;
    /** How many times in a row it has tried. */
    readonly attempt: number;
    /** Of "offline": in how many milliseconds it tries again. */
    readonly retryIn?: number | undefined;
}
export interface Options {
    /** The ways to reach the server; the best that works is used. */
    transports: Transport[];
    /** How packets travel. */
    codec: Codec;
    /**
     * Says who the user is: called once a race for a connection, and when the server wants a fresh token. A rejection
     * is tried again later, unless its code is "unauthorized".
     */
    auth?: Auth;
}
/**
 * A session with a server, over whatever connection works. What is sent before there is one waits, up to 1 MiB or
 * 4,096 packets, and goes out in order.
 *
 * Promises need not be awaited: a rejection that nobody handles goes to `onError`, as all do, and nowhere else.
 * Handlers run one after another, in the order in which the server sent; none is waited for.
 */
export interface Client {
    /** Resolves when there is a session for the first time; rejects if the client is closed before. */
    readonly ready: Promise<void>;
    readonly status: StatusName;
    /** The name of the transport in use; undefined while there is none. */
    readonly transport: string | undefined;
    /** The session's public id; undefined before the first. */
    readonly session: string | undefined;
    /** Listens to changes of the status, and of the transport in use. */
    onStatus(fn: (status: Status) => void): Unsubscribe;
    /** Listens to all errors: rejected promises, errors of handlers. Without a listener they go to the console. */
    onError(fn: (error: HawserError | Error) => void): Unsubscribe;
    /** Listens to an event that the server sends to the session. */
    on<T = unknown>(event: string, fn: (data: T) => void): Unsubscribe;
    /**
     * Sends an event. Resolves when the server has it (which does not say that it was handled). Rejects with
     * `not_sent`, `unknown_outcome`, `payload_too_large` or `bad_request` when that can no longer happen.
     */
    send(event: string, data?: unknown): Promise<void>;
    /** Sends an event that may be lost: it is dropped when there is no connection, and is never sent again. */
    volatile(event: string, data?: unknown): void;
    /**
     * Calls a handler on the server, and resolves with its answer. Rejects with its error, or as `send` does, or with
     * `timeout` or `canceled`.
     */
    call<T = unknown>(event: string, data?: unknown, options?: CallOptions): Promise<T>;
    /**
     * Answers the calls that the server makes to this event; one handler an event, the last one given. What it throws
     * is answered as an error.
     */
    handle<T = unknown>(event: string, fn: (data: T) => unknown): Unsubscribe;
    /** The channel of that name: the same object each time. `Events` may say what each of its events brings. */
    channel<Events = unknown>(name: string): Channel<Events>;
    /** Uses these transports from now on. The session goes on, nothing is lost. */
    use(transports: Transport[]): void;
    /** Drops the connection as a network would that fails, so that one can see the session survive. */
    cut(): void;
    /**
     * Ends the session once the server has what was sent before, or after 2 s. Resolves when it is over. A closed
     * client stays closed.
     */
    close(): Promise<void>;
}
/**
 * Connects to a server that is mounted at `url`, after the code that runs now: a client that is closed before leaves no
 * trace. Errors arrive by `onError` and `onStatus`.
 */
export declare function createClient(url: string, options: Options, platform: Platform): Client;
