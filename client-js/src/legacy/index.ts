/**
 * Hawser's client for old browsers, as `window.hawser`: what hawser.js has, but for other codecs than JSON and other
 * origins. Where there are no typed arrays, bytes arrive as arrays of numbers.
 */

import { type Client, createClient, type Options as ClientOptions } from "../client.js"
import { json } from "../codecs/json.js"
import { hawserError, isHawserError } from "../errors.js"
import { polling } from "../transports/polling.js"
import { sse } from "../transports/sse.js"
import { webSocket } from "../transports/websocket.js"
import { legacyBrowser } from "./platform.js"
import { readsWhileLoading } from "./xhr.js"

type Options = Partial<Omit<ClientOptions, "codec">>

/** Connects to the server that is mounted at `url`, on the page's own origin. */
function connect(url: string, options: Options = {}): Client {
  const transports = options.transports || [webSocket(), polling()]
  // A stream that can only be read at its end would never open.
  if (!options.transports && readsWhileLoading()) transports.push(sse())
  return createClient(url, { transports, auth: options.auth, codec: json }, legacyBrowser())
}

;(window as { hawser?: unknown } & Window).hawser = { connect, hawserError, isHawserError, polling, sse, webSocket }
