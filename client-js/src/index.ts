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
  return connectWith(url, { ...options, transports: options.transports || [sse(), webSocket(), polling()] })
}

export type * from "./core.js"
export { hawserError, isHawserError, json, polling, sse, webSocket } from "./core.js"
