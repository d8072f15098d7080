import { type Reader } from "./reader.js";
/**
 * Reads frames out of server-sent events (WHATWG HTML §9.2): the data of each event is a frame. Other fields and
 * comments are passed over. Lines may end in LF, CR LF or CR.
 */
export declare const eventStream: Reader;
