import type { Transport } from "./transport.js";
/** One request after another, each held until there is something: works wherever plain HTTP does. */
export declare function polling(): Transport;
