import type { Codec } from "./codec.js";
/** Throws for what is not base64 (RFC 4648 §4). */
export declare function fromBase64(text: unknown): Uint8Array;
/** JSON (RFC 8259): packets as text, joined by line feeds. */
export declare const json: Codec;
