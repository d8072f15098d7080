import type { Transport } from "./transport.js";
/** A POST whose response stays open and streams frames down; what goes up goes by POSTs of its own. */
export declare function sse(): Transport;
