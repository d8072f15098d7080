import type { Codec } from "../codecs/codec.js";
import type { Platform } from "../platform.js";
import type { AckPolicy } from "../session.js";
/** Over HTTP an acknowledgement alone costs a request: docs/protocol.md §3.2. */
export declare const httpAcks: AckPolicy;
/** The URL of a POST to `path` below the mount. */
export declare function endpoint(o: {
    readonly url: string;
    readonly codec: Codec;
}, path: string): string;
/** Asks for one of the places for responses that stay open: see `Platform.place`. */
export declare function hold(platform: Platform, granted: (release: (() => void) | undefined) => void): void;
