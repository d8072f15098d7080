/** Stops what it was returned for. */
export type Unsubscribe = () => void;
export interface Emitter<K extends string> {
    /** Adds a listener; the same function may be added more than once. */
    on(name: K, fn: (value: never) => void): Unsubscribe;
    /** Calls the listeners of a name, in the order in which they were added, and says whether there were any. */
    emit(name: K, value: unknown): boolean;
}
/** Hands values to those who listen. What a listener throws, or its promise rejects with, goes to `report`, and keeps nobody else from hearing. */
export declare function emitter<K extends string>(report: (error: unknown) => void): Emitter<K>;
