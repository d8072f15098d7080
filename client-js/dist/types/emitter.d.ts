/** Stops what it was returned for. */
export type Unsubscribe = () => void;
/** Hands values to those who listen. */
export interface Emitter {
    /** Adds a listener; the same function may be added more than once. */
    on(name: string, fn: (value: never) => void): Unsubscribe;
    /**
     * Calls the listeners of a name, in the order in which they were added, and says whether there were any. What one
     * throws, or its promise rejects with, goes to `report`, and keeps nobody else from hearing.
     */
    emit(name: string, value: unknown, report: (error: unknown) => void): boolean;
}
export declare function emitter(): Emitter;
