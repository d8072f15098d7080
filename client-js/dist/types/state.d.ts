import type { HawserError } from "./errors.js";
/** `attempt` counts the races since the session last made progress, from 1; 0 once it has. */
export type State = 
/** Wires race, and none is in use. */
{
    readonly kind: "racing";
    readonly attempt: number;
}
/** A wire is in use. */
 | {
    readonly kind: "live";
    readonly attempt: number;
}
/** A wire is in use that is suspected, or to be replaced; others race beside it. */
 | {
    readonly kind: "doubting";
    readonly attempt: number;
}
/** No wire works; the next race comes in `retryIn` ms. */
 | {
    readonly kind: "waiting";
    readonly attempt: number;
    readonly retryIn: number;
    readonly error?: HawserError;
}
/** The page sleeps in the back-forward cache. */
 | {
    readonly kind: "parked";
}
/** The application closed the session; what it sent before is on its way. */
 | {
    readonly kind: "closing";
}
/** Over, for good; with an error unless the application closed it. */
 | {
    readonly kind: "closed";
    readonly error?: HawserError | undefined;
};
export type Event = 
/** A wire of the race is in use now. */
{
    readonly type: "won";
}
/** The session got something across. */
 | {
    readonly type: "progress";
}
/** The wire in use should be replaced. */
 | {
    readonly type: "doubt";
}
/** The wire in use is gone, and no other can take its place at once. `retryIn`: when to race again if it was of no use. */
 | {
    readonly type: "lost";
    readonly retryIn: number;
    readonly error: HawserError;
}
/** All wires of the race failed. */
 | {
    readonly type: "failed";
    readonly retryIn: number;
    readonly error: HawserError;
}
/** The session is lost, another begins: at once, or in `retryIn` ms if the server said so. */
 | {
    readonly type: "fresh";
    readonly retryIn: number;
    readonly error: HawserError;
}
/** Time to race again. */
 | {
    readonly type: "retry";
} | {
    readonly type: "park";
} | {
    readonly type: "close";
}
/** It is over: `close` is done, or something happened after which a client does not try again. */
 | {
    readonly type: "over";
    readonly error?: HawserError | undefined;
};
export declare const initial: State;
/** The state after an event; the same object if the event changes nothing. */
export declare function transition(state: State, event: Event): State;
