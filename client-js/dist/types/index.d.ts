/** Hawser's client with every transport. */
import type { Client } from "./client.js";
import { type Options as CoreOptions } from "./core.js";
export interface Options extends Omit<CoreOptions, "transports"> {
    /** All of them unless given: the best that works is used. */
    transports?: CoreOptions["transports"] | undefined;
}
/** Connects to the server that is mounted at `url`, which may be relative to the page. */
export declare function connect(url: string, options?: Options): Client;
export type * from "./core.js";
export { hawserError, isHawserError, json, polling, sse, webSocket } from "./core.js";
