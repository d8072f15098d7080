import type { Codec, Encoded } from "../codecs/codec.js";
import type { Platform, PostRequest } from "../platform.js";
import type { Transport } from "./transport.js";
/** What has fewer bytes is too large for nobody. */
export declare const LARGE = 1000;
/** A transport over plain HTTP. */
export declare function overHTTP(name: string, rank: number, delay: number, open: Transport["open"]): Transport;
/** What a POST needs to know of the client that makes it. */
interface Sender {
    readonly url: string;
    readonly codec: Codec;
    readonly platform: Platform;
}
/** Posts a frame to `path` below the mount. The rest is as in `PostRequest`. Returns what aborts it. */
export declare function post({ url, codec, platform }: Sender, path: string, body: Encoded, data: PostRequest["data"], done: PostRequest["done"], stream?: boolean, keepalive?: boolean): () => void;
/**
 * Asks for one of the places for responses that stay open (see `Platform.place`), and calls back with whether there is
 * one. Returns what gives it back, or ends the asking.
 */
export declare function hold({ platform }: Sender, granted: (held: boolean) => void): () => void;
export {};
