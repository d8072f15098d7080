import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type Options, polling, sse, type Transport, webSocket } from "../../src/index.js"
import { WebSocket } from "ws"
import { startLab } from "../e2e/lab.js"
import { until } from "../e2e/until.js"
import { type Haproxy, impatientHaproxy, type Record, recommendedHaproxy } from "./haproxy.js"
import { arrives, embark } from "./passage.js"
import { startStreamer, upgrade } from "./probe.js"

const lab = await startLab()
const TIMEOUT = 400 // ms

const path = (proxy: { port: number }): string => `http://127.0.0.1:${proxy.port}/realtime/`
const cuts = (proxy: Haproxy, wanted: Record): number =>
  proxy.records().filter((record) => JSON.stringify(record) === JSON.stringify(wanted)).length

const transports: { transport: Transport; record: Record }[] = [
  // The timeout of the side that was quiet first, while data were expected.
  { transport: webSocket(), record: { state: "cD", status: 101, path: "websocket" } },
  { transport: sse(), record: { state: "sD", status: 200, path: "sse" } },
  { transport: polling(), record: { state: "sH", status: 504, path: "poll" } },
]

describe("haproxy that cuts whatever is quiet", { concurrency: true }, async () => {
  const haproxy = await impatientHaproxy(lab.port, TIMEOUT)
  for (const { transport, record } of transports) {
    test(`${transport.name}: what is asked before the cut is answered after it`, async (t) => {
      const { client, exchange } = await embark(t, path(haproxy), { transports: [transport] })
      const before = cuts(haproxy, record)
      for (let i = 1; i <= 3; i++) {
        const [slow] = await Promise.all([client.call("slow", { ms: 2 * TIMEOUT }), exchange()])
        assert.deepEqual(slow, {})
        await client.call("slow", { ms: 2 * TIMEOUT })
        await until("haproxy has cut", () => cuts(haproxy, record) >= before + i, 10_000, () => haproxy.records())
      }
    })
  }
})

describe("haproxy from which the server is taken away for a moment, five times", { concurrency: true }, () => {
  for (const { transport, record } of transports.slice(0, 2)) {
    test(`${transport.name}: cut in mid-flow`, async (t) => {
      const haproxy = await recommendedHaproxy(lab.port)
      const { exchange } = await embark(t, path(haproxy), { transports: [transport] })
      const killed = (): number =>
        haproxy.records().filter(({ state, path }) => state[0] === "K" && path === record.path).length
      await exchange(async (advance) => {
        for (let i = 1; i <= 5; i++) {
          await advance(20)
          await haproxy.shutdown()
          await until("haproxy has cut", () => killed() >= i, 10_000, haproxy.output)
        }
      })
    })
  }
})

describe("haproxy that crashes and is started again, three times", { concurrency: true }, () => {
  for (const { transport } of transports) {
    test(`${transport.name}: cut in mid-flow`, async (t) => {
      const haproxy = await recommendedHaproxy(lab.port)
      const { failures, ...platform } = failing()
      const { exchange } = await embark(t, path(haproxy), { transports: [transport], ...platform })
      await exchange(async (advance) => {
        for (let i = 1; i <= 3; i++) {
          await advance(20)
          const before = failures()
          await haproxy.restart()
          await until("something has failed", () => failures() > before)
        }
      })
    })
  }
})

/** What a client needs of its platform, with a count of the requests and WebSockets that came to a bad end. */
function failing(): { failures: () => number } & Pick<Options, "fetch" | "WebSocket"> {
  let failures = 0
  return {
    failures: () => failures,
    fetch: (input, init) =>
      fetch(input, init).catch((error) => {
        failures++
        throw error
      }),
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        this.on("close", (code) => (failures += code === 1006 ? 1 : 0)) // RFC 6455 §7.1.5: without a word
      }
    },
  }
}

describe("haproxy as docs/proxies.md recommends", async () => {
  const haproxy = await recommendedHaproxy(lab.port)
  test("lets a WebSocket pass", async () => assert.equal(await upgrade(haproxy.port), 101))
  test("passes on each event at once", async () => {
    const streamer = await startStreamer()
    assert.equal(await streamer.holds((await recommendedHaproxy(streamer.port)).port), false)
  })
  test("Hawser uses a WebSocket", (t) => arrives(t, path(haproxy), "websocket"))
  for (const { transport } of transports) {
    const options = { transports: [transport] }
    test(`${transport.name} works by itself`, (t) => arrives(t, path(haproxy), transport.name, options))
  }
})
