import type { Codec } from "./codec.js";
/** JSON (RFC 8259): packets as text, joined by line feeds. */
export declare const json: Codec;
