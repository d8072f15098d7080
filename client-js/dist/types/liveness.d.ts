/** What is known about the wire in use. */
export interface Signs {
    /** When something last came down on it. */
    heard: number;
    /** How many frames in a row came shortly after the one before. */
    flow: number;
    /** When the server was asked for a sign that has not come; Infinity if it was not. */
    probed: number;
    /** Since when what is to go up has made no progress; Infinity when nothing waits. */
    stuck: number;
    /** Bytes that waited to be acknowledged when that began. */
    bytes: number;
    /** From hello to welcome. */
    roundTrip: number;
    /** The server's promise of how often it says something. */
    heartbeat: number;
    /** Bytes a second that got through. */
    rate: number;
    /** Grows with each suspicion that led to nothing, so that a slow line is not taken for a dead one for ever. */
    patience: number;
}
/** The signs of a wire that was just welcomed. What was learned about the line on the wire before stays. */
export declare function begin(now: number, roundTrip: number, heartbeat: number, bytes: number, before?: Signs): Signs;
/** From when on the wire is suspected. */
export declare function suspectAt(signs: Signs): number;
/** From when on the server is to be asked for a sign: a steady flow has stopped. */
export declare function probeAt(signs: Signs): number;
/** Something came down. */
export declare function heard(signs: Signs, now: number): void;
/** `bytes` wait now; of those before, `acked` got through. What joins those that wait does not put off the moment when they are missed. */
export declare function waits(signs: Signs, now: number, bytes: number, acked: number): void;
