// What the tests of the client share: a server in memory, and what connects a client to it, both on one clock.

import { createClient, type Status } from "../src/client.js"
import { json } from "../src/codecs/json.js"
import type { HawserError } from "../src/errors.js"
import { Kind, type Packet } from "../src/packet.js"
import { polling } from "../src/transports/polling.js"
import { sse } from "../src/transports/sse.js"
import type { Transport } from "../src/transports/transport.js"
import { webSocket } from "../src/transports/websocket.js"
import { fakeClock } from "./fake-clock.js"
import { fakeServer } from "./fake-server.js"

export const all = () => [webSocket(), sse(), polling()]
export const each: [string, () => Transport][] = [
  ["websocket", webSocket],
  ["sse", sse],
  ["polling", polling],
]

/** A server, and what connects a client to it, both on one clock. */
export function stage() {
  const clock = fakeClock()
  const server = fakeServer(clock)
  return {
    clock,
    server,
    connect(transports: Transport[], auth?: () => string | Promise<string>) {
      const client = createClient("/realtime", { transports, codec: json, auth }, server.platform)
      const statuses: Status[] = []
      const errors: string[] = []
      client.onStatus((status) => statuses.push(status))
      client.onError((error) => errors.push((error as HawserError).code ?? error.message))
      return { client, statuses, errors }
    },
  }
}

/** What became of a promise: "waits" until it is settled. */
export function watch(promise: Promise<unknown>): () => unknown {
  let outcome: unknown = "waits"
  promise.then(
    (value) => (outcome = value === undefined ? "ok" : value),
    (error: HawserError) => (outcome = error.code),
  )
  return () => outcome
}

/** The events among packets, as [name, data]. */
export const events = (packets: Packet[]) =>
  packets.filter((packet) => packet[0] == Kind.Event).map((packet) => [packet[2], packet[3]])
export const hellos = (packets: Packet[]) => packets.flatMap((packet) => (packet[0] == Kind.Hello ? [packet[1]] : []))
export const refused = (code: string, retry = 0) => ({ status: 200, body: `data: [8,"${code}","no",${retry}]\n\n` })
