import { randomUUID } from "node:crypto"
import { performance } from "node:perf_hooks"
import type { Client } from "../../src/index.js"
import { judge, type Verdict } from "./numbers.js"
import { until } from "./until.js"

/** Numbers that go both ways at the same time, from 1. */
export interface Conversation {
  /** How many numbers there are in all. */
  readonly messages: number
  /** How many of the client's the server has acknowledged, and how many of the server's have arrived. */
  readonly progress: { readonly up: number; readonly down: number }
  /** Waits until both ways have got so many further. */
  advance(by: number): Promise<void>
  /** Waits for the end, and says what arrived. */
  end(): Promise<{ up: Verdict; down: Verdict }>
}

/** Begins a conversation with a lab: `count` numbers each way, `hz` a second; `downs` if less are to come down. */
export async function converse(client: Client, count: number, hz: number, downs = count): Promise<Conversation> {
  const run = randomUUID()
  const arrived: number[] = []
  const stop = client.on<{ run: string; n: number }>("tick", (tick) => {
    if (tick.run === run) arrived.push(tick.n)
  })
  let acknowledged = 0
  const sends: Promise<void>[] = []
  await client.call("ticks", { run, count: downs, hz })
  const began = performance.now()
  const pace = setInterval(() => {
    const due = Math.min(count, ((performance.now() - began) / 1000) * hz)
    while (sends.length < due) {
      const send = client.send("num", { run, n: sends.length + 1 })
      send.then(() => acknowledged++, () => {}) // a rejection fails the end
      sends.push(send)
    }
    if (sends.length === count) clearInterval(pace)
  }, 4)
  pace.unref()
  const state = (): unknown => {
    const { status, transport } = client
    return { up: count, acknowledged, down: downs, arrived: arrived.length, ...judge(arrived, downs), status, transport }
  }

  return {
    messages: count + downs,
    get progress() {
      return { up: acknowledged, down: arrived.length }
    },
    advance(by) {
      const [up, down] = [acknowledged + by, arrived.length + by]
      return until(`${by} further both ways`, () => acknowledged >= up && arrived.length >= down, 30_000, state)
    },
    async end() {
      await until("all numbers went both ways", () => sends.length === count && arrived.length >= downs, 60_000, state)
      await Promise.all(sends)
      const { list } = await client.call<{ list: number[] }>("nums", { run })
      // Handled after everything before it: what was doubled would have come by now.
      await client.call("echo")
      stop()
      return { up: judge(list, count), down: judge(arrived, downs) }
    },
  }
}
