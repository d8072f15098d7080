// Two servers that share nothing, behind a balancer. One is stopped, and its clients go to the other.

import assert from "node:assert/strict"
import { describe, test, type TestContext } from "node:test"
import type { Client, HawserError, Status } from "../../src/index.js"
import { type Lab, startLab } from "./lab.js"
import { startProxy } from "./proxy.js"
import { randomFor } from "./random.js"
import { connectTo, type Subject, subjects } from "./subjects.js"
import { until } from "./until.js"

const labs: { subject: Subject; old: Lab }[] = []
for (const subject of subjects) labs.push({ subject, old: await startLab() })
const next = await startLab()

/** A client that talks all the time: numbers to the server, each with what became of it. */
interface Talker {
  readonly client: Client
  readonly run: string
  readonly statuses: Status[]
  readonly outcomes: string[]
  /** How many of its numbers were known to be with the server when it was sent away. */
  readonly before: number
  /** The numbers that came by its channel. */
  readonly heard: number[]
  stop(): void
}

async function talk(t: TestContext, url: string, subject: Subject, run: string): Promise<Talker> {
  const client = connectTo(url, subject)
  t.after(() => client.close())
  const statuses: Status[] = []
  const outcomes: string[] = []
  const heard: number[] = []
  let before = 0
  client.onStatus((status) => {
    statuses.push(status)
    // Those who wait for what it had hear of it right after this.
    if (status.status === "offline")
      setTimeout(() => (before = outcomes.filter((outcome) => outcome === "done").length), 0)
  })
  const room = client.channel("lab:" + run)
  room.on<{ n: number }>("beat", ({ n }) => heard.push(n))
  await room.join()
  const pace = setInterval(() => {
    const n = outcomes.push("waits")
    client.send("num", { run, n }).then(
      () => (outcomes[n - 1] = "done"),
      (error: HawserError) => (outcomes[n - 1] = error.code),
    )
  }, 5)
  const stop = (): void => clearInterval(pace)
  t.after(stop)
  return {
    client,
    run,
    statuses,
    outcomes,
    get before() {
      return before
    },
    heard,
    stop,
  }
}

/** Lets one that has moved say no more, and looks at what became of all that it said. */
async function check({ client, run, statuses, outcomes, before, heard, stop }: Talker): Promise<void> {
  const away = statuses.find(({ status }) => status === "offline")!
  assert.equal(away.error!.code, "going_away")
  assert.ok(away.retryIn! <= 1000)
  stop()
  await until("all has arrived", () => !outcomes.includes("waits"), 30_000, () => outcomes)
  assert.deepEqual(new Set(outcomes), new Set(["done"]))
  const { list } = await client.call<{ list: number[] }>("nums", { run })
  const numbers = outcomes.map((_, i) => i + 1)
  assert.deepEqual(list, numbers.slice(before), "what the one had not accepted, and all after that")
  await client.channel("lab:" + run).call("flood", { event: "beat", count: 3 })
  await until("it is a member again", () => heard.length >= 3, 30_000, () => heard)
  assert.deepEqual(heard, [1, 2, 3])
}

describe("a server that stops sends its clients to another one", { concurrency: true }, () => {
  for (const { subject, old } of labs) {
    test(`and nothing is lost, doubled or in doubt: ${subject.name}`, { timeout: 60_000 }, async (t) => {
      const title = "rollout, " + subject.name
      let { port } = old
      const balancer = await startProxy({ port: () => port, random: randomFor(title), latency: [10, 20] })
      t.after(balancer.close)
      const runs = Array.from({ length: 8 }, (_, i) => `${title} ${i}`)
      const talkers = await Promise.all(runs.map((run) => talk(t, balancer.url, subject, run)))
      await until("all are heard", () => talkers.every(({ outcomes }) => outcomes.includes("done")))

      await old.stop()
      port = next.port
      const moved = ({ client, statuses }: Talker): boolean =>
        client.status === "online" && statuses.some(({ resumed }) => resumed === false)
      const state = (): unknown => talkers.map(({ statuses }) => statuses)
      await until("all are with the other", () => talkers.every(moved), 30_000, state)

      await Promise.all(talkers.map(check))
    })
  }
})
