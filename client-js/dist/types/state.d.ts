import type { HawserError } from "./errors.js";
/**
 * `attempt` counts the races since the client was last online for a stable minute, from 1; 0 after such a minute. Of
 * those before a connection that was of use for a shorter time no more than one counts.
 */
export type State = 
/** Wires race, and none is in use. */
{
    readonly kind: "connecting";
    readonly attempt: number;
}
/** A wire is in use. */
 | {
    readonly kind: "online";
    readonly attempt: number;
}
/** A wire is in use that is suspected, or to be replaced; others race beside it. */
 | {
    readonly kind: "doubting";
    readonly attempt: number;
}
/** No wire works; the next race comes in `retryIn` ms. */
 | Waiting
/** The page sleeps in the back-forward cache. */
 | {
    readonly kind: "parked";
    readonly attempt: number;
}
/** The application closed the session; what it sent before is on its way, or waits for the race that is on. */
 | {
    readonly kind: "closing";
    readonly attempt: number;
}
/** Over, for good; with an error unless the application closed it. */
 | {
    readonly kind: "closed";
    readonly attempt: number;
    readonly error?: HawserError | undefined;
};
export interface Waiting {
    readonly kind: "offline";
    readonly attempt: number;
    readonly retryIn: number;
    readonly error?: HawserError | undefined;
}
/** What happens to a client. */
export declare enum Event {
    /** A wire of the race is in use now. */
    Won = 0,
    /** It has been online for a while. */
    Stable = 1,
    /** The wire in use should be replaced. */
    Doubt = 2,
    /**
     * The wire in use is gone, and no other can take its place at once. `retryIn`: when to race again, 0 if it was
     * of use.
     */
    Lost = 3,
    /** Time to race again. */
    Retry = 4,
    Close = 5,
    /** It is over: `close` is done, or something happened after which a client does not try again. */
    Over = 6,
    /** All wires of the race failed. `retryIn`: when to race again. */
    Failed = 7,
    /** The session is lost, another begins: at once, or in `retryIn` ms. */
    Fresh = 8,
    Park = 9
}
export declare const initial: Waiting;
/** The state after an event; the same object if the event changes nothing. */
export declare function transition(state: State, event: Event, error?: HawserError, retryIn?: number): State;
