// What the tests of faults share: a client that talks to a lab through a proxy, and what must hold at the end.

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import type { Client, Codec } from "../../src/index.js"
import { type Conversation, converse } from "./conversation.js"
import type { Lab } from "./lab.js"
import { flawless, sum } from "./numbers.js"
import { type Cut, type Options, type Proxy, startProxy } from "./proxy.js"
import { type Random, randomFor } from "./random.js"
import { report } from "./report.js"
import { connectTo, type Subject } from "./subjects.js"
import { until } from "./until.js"

/** What a proxy does, beside being slow. */
export type Faults = Pick<Options, "loses" | "blocks" | "holds" | "tampers">

/** Who plays. */
export interface Cast {
  readonly lab: Lab
  readonly subject: Subject
  readonly codec: Codec
  /** What is tested, for the seed and for the report. */
  readonly title: string
}

export interface Stage {
  readonly client: Client
  readonly proxy: Proxy
  readonly random: Random
  /** Waits until a wire is in use and bytes are in flight, that way if given, and cuts all connections. */
  cut(how: Cut, way?: "up" | "down"): Promise<void>
  /** How many wires were opened: all requests but POSTs to send. */
  wires(): number
  /** Begins a conversation: see `converse`. */
  converse(count: number, hz: number, downs?: number): Promise<Conversation>
  /**
   * Waits for the end of the conversation. Nothing may be lost, doubled or reordered, the session must be the one that
   * it was, and only the transports of the subject may have been used. Reports what was seen, with `faults`.
   */
  finish(conversation: Conversation, faults: () => { [what: string]: number }): Promise<void>
}

/**
 * Connects a client through a proxy of its own, which does what `faults` says. `faults` is given the test's own chance.
 */
export async function stage(
  t: TestContext,
  cast: Cast,
  faults: (random: Random) => Faults = () => ({}),
): Promise<Stage> {
  const { lab, subject, codec, title } = cast
  const random = randomFor(title)
  const proxy = await startProxy({ port: lab.port, random, ...faults(random) })
  t.after(proxy.close)
  const client = connectTo(proxy.url, subject, { codec })
  t.after(() => client.close())
  await client.ready
  const session = client.session
  assert.ok(session)

  return {
    client,
    proxy,
    random,
    async cut(how, way) {
      const inFlight = (): number => {
        const { up, down } = proxy.inFlight()
        return way === "up" ? up : way === "down" ? down : up + down
      }
      await until("bytes are in flight", () => client.transport !== undefined && inFlight() > 0)
      proxy.cut(how)
    },
    wires() {
      const { send: _, ...opening } = proxy.counts.requests
      return Object.values(opening).reduce((all, more) => all + more, 0)
    },
    converse: (count, hz, downs) => converse(client, count, hz, downs),
    async finish(conversation, faults) {
      const { up, down } = await conversation.end()
      report(t, { test: title, ...faults(), messages: conversation.messages, ...sum(up, down) })
      assert.deepEqual({ up, down }, { up: flawless, down: flawless })
      assert.equal(client.session, session, "the session is still the same")
      const whoami = await client.call<{ session: string; codec: string }>("whoami")
      assert.equal(whoami.session, session)
      assert.equal(whoami.codec, codec.name)
      if (subject.transports) assert.equal(client.transport, subject.transports[0]!.name)
      for (const path of Object.keys(proxy.counts.requests))
        assert.ok(subject.paths.includes(path), "requests for " + path)
      assert.ok(proxy.counts.requests[subject.paths[0]!]! > 0, "no request for " + subject.paths[0])
    },
  }
}
