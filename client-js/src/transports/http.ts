// What the wires over plain HTTP share.

import type { Codec, Encoded } from "../codecs/codec.js"
import type { Platform, PostRequest } from "../platform.js"
import type { Transport } from "./transport.js"

/** What has fewer bytes is too large for nobody. */
export const LARGE = 1000

/** A transport over plain HTTP. */
export function overHTTP(name: string, rank: number, delay: number, open: Transport["open"]): Transport {
  return {
    name,
    rank,
    delay,
    // A user waits for 1 s, and most servers answer sooner.
    hedge: 1000,
    // An acknowledgement alone costs a request: docs/protocol.md §3.2.
    acks: { packets: 1024, bytes: 262144, delay: 10000 },
    available: (platform) => !!platform.post,
    open,
  }
}

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
  stream?: boolean,
  keepalive?: boolean,
): () => void {
  url += path + "?v=1&codec=" + codec.name
  return platform.post!({ url, body, binary: codec.binary, stream, keepalive, data, done })
}

/**
 * Asks for one of the places for responses that stay open (see `Platform.place`), and calls back with whether there is
 * one. Returns what gives it back, or ends the asking.
 */
export function hold({ platform }: Sender, granted: (held: boolean) => void): () => void {
  let over = false
  let giveBack: (() => void) | undefined
  function take(release: (() => void) | undefined): void {
    giveBack = release
    if (over) release?.()
    else granted(!!release)
  }
  if (platform.place) platform.place(take)
  else take(function () {})
  return function () {
    over = true
    giveBack?.()
  }
}
