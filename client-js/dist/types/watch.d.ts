import type { Platform } from "./platform.js";
/** Watches the wire in use with one timer, and says when something is to be done about it. */
export interface Watch {
    /** Another wire is in use; `bytes` wait to be acknowledged. */
    begin(roundTrip: number, heartbeat: number, bytes: number): void;
    /** Something came down. */
    heard(): void;
    /** `bytes` wait to be acknowledged; of those before, `acked` were. */
    waits(bytes: number, acked: number): void;
    /** The server asked for patience, for so many ms. */
    excuse(ms: number): void;
    /** Asks for a sign of life now. */
    probe(): void;
    /** Whether the wire looks dead. */
    suspected(): boolean;
    /** No wire is in use. */
    stop(): void;
}
export interface WatchOptions {
    platform: Platform;
    /** The wire looks dead. Called once until something speaks for it. */
    suspect(): void;
    /** The server should be asked for a sign of life. */
    probe(): void;
    /** When an acknowledgement is due, and what sends it. */
    ackAt(): number;
    ack(): void;
}
export declare function watch({ platform, suspect, probe, ackAt, ack }: WatchOptions): Watch;
