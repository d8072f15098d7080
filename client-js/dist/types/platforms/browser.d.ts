import type { Platform } from "../platform.js";
/** What the DOM calls RequestCredentials, which not everybody has who uses this in Node. */
type Credentials = "omit" | "same-origin" | "include";
export interface BrowserOptions {
    /** In the place of the platform's own, or where it has none. */
    fetch?: typeof fetch | undefined;
    WebSocket?: unknown;
    /** Which requests carry cookies: see `RequestInit.credentials`. "same-origin" unless given. */
    credentials?: Credentials | undefined;
}
/** What `remember` stored of that name, until a day later. */
export declare function recall(name: string): string | undefined;
/** Stores it for all pages of the origin. */
export declare function remember(name: string, value: string): void;
/** As `Platform.after`. A timer of more than 2^31 - 1 ms goes off at once: there is none of more than 23 days. */
export declare function after(ms: number, fn: () => void): () => void;
/** Browsers, and servers that have a fetch: Node, Deno, Bun. */
export declare function browser(options: BrowserOptions): Platform;
export {};
