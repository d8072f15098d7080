import type { Unsubscribe } from "./emitter.js";
import { type Packet } from "./packet.js";
/** What answers the calls that the server makes. */
export interface Answers {
    /** Answers the calls to an event from now on. What `fn` throws is answered as an error. */
    handle(event: string, fn: (data: never) => unknown): Unsubscribe;
    /** The server calls. Without an event, or one that nobody handles, it is told `not_found`. */
    call(id: number, event: string, data: unknown): void;
    /** The server wants no answer any more. */
    cancel(id: number): void;
    /** The session is lost: nobody waits for the answers. */
    reset(): void;
}
/** `send` may throw what keeps an answer from being sent. What goes wrong with a handler is reported. */
export declare function answers(send: (packet: Packet) => void, report: (error: unknown) => void): Answers;
