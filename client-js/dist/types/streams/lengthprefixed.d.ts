import { type Reader } from "./reader.js";
/** Reads frames that each stand behind their length, 4 bytes, big endian. A length of 0 is a comment. */
export declare const lengthPrefixed: Reader;
