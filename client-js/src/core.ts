/** Hawser's client without any transport: pass those that you want, and no other is in your bundle. */

import { type Client, createClient, type Options as ClientOptions } from "./client.js"
import { json } from "./codecs/json.js"
import { browser, type BrowserOptions } from "./platforms/browser.js"

export interface Options extends BrowserOptions, Omit<ClientOptions, "codec"> {
  /** JSON unless given. */
  codec?: ClientOptions["codec"] | undefined
}

/** Connects to the server that is mounted at `url`, which may be relative to the page. */
export function connect(url: string, options: Options): Client {
  return createClient(url, { ...options, codec: options.codec || json }, browser(options))
}

export type { Channel, ChannelStatus, JoinOptions, MembershipName, Position, Room } from "./channel.js"
export type { Client, Status, StatusName } from "./client.js"
export type { Codec, Encoded } from "./codecs/codec.js"
export { json } from "./codecs/json.js"
export type { Unsubscribe } from "./emitter.js"
export { type Code, type HawserError, hawserError, isHawserError } from "./errors.js"
export { flatten, type Packet, unflatten } from "./packet.js"
export type { CallOptions } from "./requests.js"
export { eventStream } from "./streams/eventstream.js"
export { polling } from "./transports/polling.js"
export { sse } from "./transports/sse.js"
export type { Opening, Transport, Wire } from "./transports/transport.js"
export { webSocket } from "./transports/websocket.js"
