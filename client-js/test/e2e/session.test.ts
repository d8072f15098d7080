import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { createClient } from "../../src/client.js"
import {
  type ChannelStatus,
  type Client,
  type HawserError,
  json,
  polling,
  sse,
  type Status,
  webSocket,
} from "../../src/index.js"
import type { PageEvent } from "../../src/platform.js"
import { browser } from "../../src/platforms/browser.js"
import { startLab } from "./lab.js"
import { startProxy } from "./proxy.js"
import { randomFor } from "./random.js"
import { connectTo, subjects, websocketOnly } from "./subjects.js"
import { until } from "./until.js"
import { isAlive, witness } from "./witness.js"

const lab = await startLab()
const forgetful = await startLab("-window", "1s")

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error: HawserError) => error.code,
  )

describe("a session that nobody comes back for in time", { concurrency: true }, () => {
  const sayings: { [what: string]: (client: Client, run: string, n: number) => Promise<unknown> } = {
    "an event": (client, run, n) => client.send("num", { run, n }),
    "a call": (client, _, n) => client.call("echo", n),
  }
  for (const [what, say] of Object.entries(sayings))
    for (const subject of subjects) {
      test(`${what} in flight, ${subject.name}`, { timeout: 60_000 }, async (t) => {
        const run = `expiry of ${what}, ${subject.name}`
        let down = false
        const proxy = await startProxy({
          port: forgetful.port,
          random: randomFor(run),
          latency: [20, 30],
          blocks: () => down,
        })
        t.after(proxy.close)
        const { seen, ...platform } = witness()
        const client = connectTo(proxy.url, subject, platform)
        t.after(() => client.close())
        const statuses: Status[] = []
        client.onStatus((status) => statuses.push(status))
        const room = client.channel(`lab:${what}, ${subject.name}`)
        const memberships: ChannelStatus[] = []
        room.onStatus((status) => memberships.push(status))
        const heard: number[] = []
        room.on<{ n: number }>("beat", ({ n }) => heard.push(n))
        await room.join()
        await client.call("echo")
        const session = client.session
        // A wire that resumes shows whose session it is; the first hellos do not know yet.
        client.cut()
        await until("it is back", () => client.status === "online" && seen.sid === session)
        await client.call("echo")

        const best = subject.transports?.[0]?.name ?? "websocket"
        const inFlight = (): number => proxy.inFlight().up
        await until("all has settled", () => client.transport === best && inFlight() + proxy.inFlight().down === 0)
        const posts = proxy.counts.requests.send ?? 0
        const sent = outcome(say(client, run, 1))
        // Over HTTP, what is in flight may be a poll, or the POST before.
        const posted = (): boolean => best === "websocket" || proxy.counts.requests.send! > posts
        await until("it is in flight", () => inFlight() > 0 && posted())
        down = true
        proxy.cut("reset")
        await until("the client has noticed", () => client.status !== "online")
        const waiting = [client.send("num", { run, n: 2 }), client.call("echo", 2)].map(outcome)
        assert.equal(client.session, session)
        await until("the session has expired", async () => !(await isAlive(forgetful.url, seen)), 20_000)
        down = false

        assert.equal(await sent, "done", "accepted before, or sent again: the server knows")
        assert.deepEqual(await Promise.all(waiting), ["done", "done"], "what never left goes out in the next session")
        assert.notEqual(client.session, session)
        const { list } = await client.call<{ list: number[] }>("nums", { run })
        assert.deepEqual(list, what === "an event" ? [1, 2] : [2], "each once, in order")
        const resumed = statuses.filter(({ status }) => status === "online").map((status) => status.resumed)
        assert.ok(resumed.includes(false), "the loss was told: " + resumed.join())
        await until(
          "the channel is joined again",
          () => room.status === "joined" && memberships.length === 2,
          30_000,
          () => memberships,
        )
        assert.deepEqual(
          memberships.map(({ status }) => status),
          ["joined", "joined"],
        )
        assert.equal(memberships[1]!.recovered, true, "nothing was published in between")
        await room.call("flood", { event: "beat", count: 3, hz: 0, size: 0 })
        await until("the listeners are still there", () => heard.length === 3)
      })
    }

  test("what was never sent is told so when the client is closed", async (t) => {
    const proxy = await startProxy({ port: lab.port, random: randomFor("never"), blocks: () => true })
    t.after(proxy.close)
    const client = connectTo(proxy.url, websocketOnly)
    await until("it has failed to connect", () => client.status === "offline")
    const sent = [
      client.send("num", { run: "never", n: 1 }),
      client.call("echo", 1),
      client.channel("lab:never").join(),
      client.ready,
    ].map(outcome)
    await client.close()
    assert.deepEqual(await Promise.all(sent), ["not_sent", "not_sent", "not_sent", "closed"])
  })
})

describe("a page", { concurrency: true }, () => {
  for (const transport of [webSocket(), sse(), polling()]) {
    test(`that leaves for good ends its session within seconds: ${transport.name}`, { timeout: 60_000 }, async (t) => {
      const { seen, tell, client } = await page(transport)
      t.after(() => client.close())
      tell("leave")
      assert.ok(await isAlive(lab.url, seen), "a page that comes back at once finds its session")
      await until("the session has ended", async () => !(await isAlive(lab.url, seen)), 10_000)
    })

    test(`that sleeps keeps its session, and goes on with it: ${transport.name}`, async (t) => {
      const { seen, tell, client } = await page(transport)
      t.after(() => client.close())
      tell("park")
      assert.equal(client.transport, undefined)
      const echo = client.call("echo", "when awake")
      assert.ok(await isAlive(lab.url, seen))
      tell("return")
      assert.equal(await echo, "when awake")
      assert.equal(client.session, seen.sid)
    })
  }

  async function page(transport: ReturnType<typeof webSocket>) {
    let tell!: (event: PageEvent) => void
    const { seen, ...platform } = witness()
    const client = createClient(
      lab.url,
      { transports: [transport], codec: json },
      {
        ...browser(platform),
        page(fn) {
          tell = fn
          return () => {}
        },
      },
    )
    await client.ready
    client.cut()
    await client.call("echo")
    assert.equal(client.session, seen.sid)
    return { client, seen, tell }
  }
})
