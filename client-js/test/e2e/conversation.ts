import { randomUUID } from "node:crypto"
import { performance } from "node:perf_hooks"
import type { Client } from "../../src/index.js"
import { flawless, judge, sum, type Verdict } from "./numbers.js"
import { until } from "./until.js"

/** Numbers that go both ways at the same time, for as long as a test needs them. */
export interface Conversation {
  /** How many of the client's numbers the server has acknowledged, and how many of its own have arrived. */
  readonly progress: { readonly up: number; readonly down: number }
  /** Waits until both ways have got so many further. */
  advance(by: number): Promise<void>
  /** How many numbers there are, so far. */
  readonly messages: number
  /** Lets it run out, once as many as agreed went each way, and says what arrived. */
  end(): Promise<{ up: Verdict; down: Verdict }>
}

/** How many numbers come down for one call. The next are asked for when half of them have arrived. */
const PART = 250

/** Begins a conversation with a lab, of at least `count` numbers each way (or else `downs` down), `hz` a second. */
export async function converse(client: Client, count: number, hz: number, downs = count): Promise<Conversation> {
  const run = randomUUID()
  const parts: number[][] = []
  const sends: Promise<void>[] = []
  let acknowledged = 0
  let arrived = 0
  let ending = false

  const stop = client.on<{ run: string; n: number }>("tick", ({ run: name, n }) => {
    const [of, k] = name.split("/") as [string, string]
    if (of !== run) return
    const part = parts[Number(k)]!
    part.push(n)
    arrived++
    const last = part === parts.at(-1)
    if (last && part.length >= PART / 2 && !(ending && parts.length * PART >= downs)) void more()
  })
  function more(): Promise<unknown> {
    const name = `${run}/${parts.push([]) - 1}`
    return client.call("ticks", { run: name, count: PART, hz })
  }
  if (downs > 0) await more()

  const began = performance.now()
  const pace = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * hz
    while (sends.length < due && !(ending && sends.length >= count)) {
      const send = client.send("num", { run, n: sends.length + 1 })
      send.then(
        () => acknowledged++,
        () => {},
      ) // a rejection fails the end
      sends.push(send)
    }
  }, 4)
  pace.unref()

  const heard = (): Verdict => parts.map((part) => judge(part, PART)).reduce(sum, flawless)
  const state = (): unknown => {
    const { status, transport } = client
    return { sent: sends.length, acknowledged, expected: parts.length * PART, arrived, ...heard(), status, transport }
  }
  const over = (): boolean =>
    sends.length >= count && parts.length * PART >= downs && parts.every((part) => part.length >= PART)

  return {
    get progress() {
      return { up: acknowledged, down: arrived }
    },
    get messages() {
      return sends.length + parts.length * PART
    },
    advance(by) {
      const [up, down] = [acknowledged + by, arrived + by]
      return until(`${by} further both ways`, () => acknowledged >= up && arrived >= down, 60_000, state)
    },
    async end() {
      ending = true
      await until("all numbers went both ways", over, 60_000, state)
      clearInterval(pace)
      await Promise.all(sends)
      const { list } = await client.call<{ list: number[] }>("nums", { run })
      // Handled after everything before it: what was doubled would have come by now.
      await client.call("echo")
      stop()
      return { up: judge(list, sends.length), down: heard() }
    },
  }
}
