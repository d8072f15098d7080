import type { Codec } from "./codec.js";
/**
 * MessagePack: frames are bytes, in which `Uint8Array`, `Date` and `bigint` travel as what they are, also inside a
 * structure. Pass it to `connect` as the option `codec`.
 */
export declare const msgpack: Codec;
