import { createClient, type Status } from "../src/client.js"
import { json } from "../src/codecs/json.js"
import type { HawserError } from "../src/errors.js"
import type { Transport } from "../src/transports/transport.js"
import { fakeClock } from "./fake-clock.js"
import { fakeServer } from "./fake-server.js"

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
