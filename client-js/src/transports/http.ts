// What the wires over plain HTTP share.

import type { Codec, Encoded } from "../codecs/codec.js"
import type { Platform, PostRequest } from "../platform.js"
import type { AckPolicy } from "../session.js"

/** Over HTTP an acknowledgement alone costs a request: docs/protocol.md §3.2. */
export const httpAcks: AckPolicy = { packets: 1024, bytes: 262144, delay: 10000 }

/** A user waits for 1 s, and most servers answer sooner. */
export const HEDGE = 1000

/** What a POST needs to know of the client that makes it. */
interface Sender {
  readonly url: string
  readonly codec: Codec
  readonly platform: Platform
}

/** Posts a frame to `path` below the mount. The rest is as in `PostRequest`. Returns what aborts it. */
export function post(
  { url, codec, platform }: Sender,
  path: string,
  body: Encoded,
  data: PostRequest["data"],
  done: PostRequest["done"],
  stream = false,
  keepalive = false,
): () => void {
  url += path + "?v=1&codec=" + codec.name
  return platform.post!({ url, body, binary: codec.binary, stream, keepalive, data, done })
}

/** Asks for one of the places for responses that stay open: see `Platform.place`. */
export function hold(platform: Platform, granted: (release: (() => void) | undefined) => void): void {
  if (platform.place) platform.place(granted)
  else granted(function () {})
}
