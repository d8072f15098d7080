// What the wires over plain HTTP share.

import type { Codec } from "../codecs/codec.js"
import type { Platform } from "../platform.js"
import type { AckPolicy } from "../session.js"

/** Over HTTP an acknowledgement alone costs a request: docs/protocol.md §3.2. */
export const httpAcks: AckPolicy = { packets: 1024, bytes: 262144, delay: 10000 }

/** The URL of a POST to `path` below the mount. */
export function endpoint(o: { readonly url: string; readonly codec: Codec }, path: string): string {
  return o.url + path + "?v=1&codec=" + o.codec.name
}

/** Asks for one of the places for responses that stay open: see `Platform.place`. */
export function hold(platform: Platform, granted: (release: (() => void) | undefined) => void): void {
  if (platform.place) platform.place(granted)
  else granted(function () {})
}
