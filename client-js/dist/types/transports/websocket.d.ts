import type { Transport } from "./transport.js";
/** One WebSocket, both ways: the best wire where it works. */
export declare function webSocket(): Transport;
