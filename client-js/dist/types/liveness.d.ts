/** What is known about the wire in use. */
export interface Signs {
    /** When something last came down on it. */
    heard: number;
    /** The usual time between two frames that came down, smoothed; Infinity when nothing flows. */
    rhythm: number;
    /** When the server was asked for a sign that has not come; Infinity if it was not. */
    probed: number;
    /** Since when what is to go up has made no progress; Infinity when nothing waits. */
    stuck: number;
    /** Bytes that wait to be acknowledged, at the last progress or after it. */
    bytes: number;
    /** From hello to welcome. */
    roundTrip: number;
    /** Bytes a second that got through. */
    rate: number;
    /** Grows with each suspicion that led to nothing, so that a slow line is not taken for a dead one for ever. */
    patience: number;
    /** The server's promise of how often it says something. */
    heartbeat: number;
}
/** The signs of a wire that was just welcomed; what was learned about the line before stays. */
export declare function fresh(now: number, roundTrip: number, heartbeat: number, before?: Signs): Signs;
/** From when on the wire is suspected. */
export declare function suspectAt(signs: Signs): number;
/** From when on the server is to be asked for a sign: a steady flow has stopped for much longer than its rhythm. */
export declare function probeAt(signs: Signs): number;
/** Something came down. */
export declare function heard(signs: Signs, now: number): void;
/** `acked` more bytes got through, and `left` still wait. */
export declare function progressed(signs: Signs, now: number, acked: number, left: number): void;
/** `bytes` wait now. */
export declare function waits(signs: Signs, now: number, bytes: number): void;
