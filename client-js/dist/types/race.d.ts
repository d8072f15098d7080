/** As much of a transport as a race is about. */
export interface Contender {
    readonly name: string;
    readonly rank: number;
    readonly delay: number;
}
/**
 * The order in which a race opens its wires, and when: as the transports ask for, or, where one is remembered to
 * work, that one at once and the others no sooner than 150 ms later. Of those that open together the lowest rank
 * comes first: it needs the fewest round trips. `alone`: the session has no key, so that only one may be opened, and
 * it is the one that works in most places. `lead`: how many milliseconds the others give to the best where nothing is
 * remembered.
 */
export declare function lineup<T extends Contender>(transports: T[], remembered: string | undefined, alone: boolean, lead: number): [T, number][];
/** A wire in a race, or in use. */
export interface Runner {
    readonly rank: number;
    /** The claim that it made last. */
    claim: number;
    /** Whether it was welcomed. */
    welcomed: boolean;
}
/** How a client's wires stand to each other. */
export interface Standing<R extends Runner> {
    /** The last claim that the client made. */
    latest: number;
    /** The wire in use. */
    used?: R | undefined;
    /** Whether any other is to take the place of the one in use. */
    doubted: boolean;
    /** The wire that the server was asked to move to, and that has not started yet. */
    asked?: R | undefined;
    /** A wire that was in use, and fell silent while no other worked: it may speak again. */
    kept?: R | undefined;
}
/** What to do with a wire that was welcomed: use it, ask the server to move to it, let it stand by, or close it. */
export type Verdict = "use" | "ask" | "wait" | "close";
/** Judges a welcome on a wire. `active` is the server's word, which counts only for the latest claim. */
export declare function judge<R extends Runner>(standing: Standing<R>, runner: R, active: boolean): Verdict;
/** Whether a `start` on a wire means that the session has moved to it. */
export declare function arrived<R extends Runner>(standing: Standing<R>, runner: R): boolean;
/** Whether a wire has no more reason to be open, once `used` is in use. */
export declare function outrun(used: Runner, runner: Runner): boolean;
/** The wire to move to when the one in use is gone: the best that was welcomed. */
export declare function substitute<R extends Runner>(runners: R[]): R | undefined;
/** Codes after which a client does not try again by itself: docs/protocol.md §2.5. */
export declare function isFinal(code: string, welcomed: boolean): boolean;
/**
 * How long to wait after a race that failed: full jitter up to 1 s, 2 s, 4 s … 30 s, on top of what the server asked
 * for. In ms.
 */
export declare function backoff(attempt: number, random: number, advice?: number): number;
