/** Hawser's client with every transport. */

import type { Client } from "./client.js"
import { connect as connectWith, type Options as CoreOptions } from "./core.js"
import { polling } from "./transports/polling.js"
import { sse } from "./transports/sse.js"
import { webSocket } from "./transports/websocket.js"

export interface Options extends Omit<CoreOptions, "transports"> {
  /** All of them unless given: the best that works is used. */
  transports?: CoreOptions["transports"] | undefined
}

/** Connects to the server that is mounted at `url`, which may be relative to the page. */
export function connect(url: string, options: Options = {}): Client {
  const { transports = [sse(), webSocket(), polling()] } = options
  return connectWith(url, {
    transports,
    auth: options.auth,
    codec: options.codec,
    credentials: options.credentials,
    fetch: options.fetch,
    WebSocket: options.WebSocket,
  })
}

export * from "./core.js"
