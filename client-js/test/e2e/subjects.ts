import { WebSocket } from "ws"
import { msgpack } from "../../src/codecs/msgpack.js"
import {
  type Client,
  type Codec,
  connect,
  json,
  type Options,
  polling,
  sse,
  type Transport,
  webSocket,
} from "../../src/index.js"

/** A way to reach the lab that a test is run with. */
export interface Subject {
  readonly name: string
  /** All of them where it is "automatic". */
  readonly transports?: Transport[]
  /** The requests that it is made of, by their paths. */
  readonly paths: readonly string[]
}

export const websocketOnly: Subject = { name: "websocket", transports: [webSocket()], paths: ["websocket"] }
export const sseOnly: Subject = { name: "sse", transports: [sse()], paths: ["sse", "send"] }
export const pollingOnly: Subject = { name: "polling", transports: [polling()], paths: ["poll", "send"] }
export const automatic: Subject = { name: "automatic", paths: ["websocket", "sse", "poll", "send"] }

export const subjects: readonly Subject[] = [websocketOnly, sseOnly, pollingOnly, automatic]

export const codecs: readonly Codec[] = [json, msgpack]

/** Each of the subjects with each codec. */
export function combinations(of: readonly Subject[] = subjects): { subject: Subject; codec: Codec; name: string }[] {
  return of.flatMap((subject) => codecs.map((codec) => ({ subject, codec, name: `${subject.name}, ${codec.name}` })))
}

/** Connects to a lab. `errors` takes what the client reports. */
export function connectTo(url: string, subject: Subject, options: Options = {}, errors: Error[] = []): Client {
  const client = connect(url, { transports: subject.transports, WebSocket, ...options })
  client.onError((error) => errors.push(error))
  return client
}
