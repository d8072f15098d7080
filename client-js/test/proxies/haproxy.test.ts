import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type Options, polling, sse, type Transport, webSocket } from "../../src/index.js"
import { WebSocket } from "ws"
import { startLab } from "../e2e/lab.js"
import { until } from "../e2e/until.js"
import { type Haproxy, impatientHaproxy, recommendedHaproxy } from "./haproxy.js"
import { arrives, embark } from "./passage.js"
import { startStreamer, upgrade } from "./probe.js"

const lab = await startLab()
const TIMEOUT = 400 // ms

const mount = (proxy: { port: number }): string => `http://127.0.0.1:${proxy.port}/realtime/`

/** A transport, and what haproxy says of a request for `path` that was quiet for too long: state, status. */
interface Subject {
  readonly transport: Transport
  readonly path: string
  readonly quiet: RegExp
}

const subjects: Subject[] = [
  { transport: webSocket(), path: "websocket", quiet: /^[cs]D 101$/ }, // both sides are quiet, and either may be blamed
  { transport: sse(), path: "sse", quiet: /^sD 200$/ },
  { transport: polling(), path: "poll", quiet: /^sH 504$/ },
]

/** How many requests for `path` ended in that way. */
function ended(proxy: Haproxy, path: string, how: RegExp): number {
  return proxy.records().filter((record) => record.path === path && how.test(`${record.state} ${record.status}`)).length
}

describe("haproxy that cuts whatever is quiet", { concurrency: true }, async () => {
  const haproxy = await impatientHaproxy(lab.port, TIMEOUT)
  for (const { transport, path, quiet } of subjects) {
    test(`${transport.name}: what is asked before the cut is answered after it`, async (t) => {
      const { client, exchange } = await embark(t, mount(haproxy), { transports: [transport] })
      for (let i = 0; i < 3; i++) {
        const before = ended(haproxy, path, quiet)
        await exchange()
        assert.deepEqual(await client.call("slow", { ms: 2 * TIMEOUT }), {})
        await until("haproxy has cut", () => ended(haproxy, path, quiet) > before, 10_000, haproxy.output)
      }
      await exchange()
    })
  }
})

describe("haproxy from which the server is taken away for a moment, five times", { concurrency: true }, () => {
  // A request that waits for its answer gets it.
  for (const { transport, path } of subjects.filter(({ path }) => path !== "poll")) {
    test(`${transport.name}: cut in mid-flow`, async (t) => {
      const haproxy = await recommendedHaproxy(lab.port)
      const { exchange } = await embark(t, mount(haproxy), { transports: [transport] })
      await exchange(async (advance) => {
        for (let i = 1; i <= 5; i++) {
          await advance(20)
          await haproxy.shutdown()
          await until("haproxy has cut", () => ended(haproxy, path, /^K/) >= i, 10_000, haproxy.output)
        }
      })
    })
  }
})

describe("haproxy that crashes and is started again, three times", { concurrency: true }, () => {
  for (const { transport } of subjects) {
    test(`${transport.name}: cut in mid-flow`, async (t) => {
      const haproxy = await recommendedHaproxy(lab.port)
      const { failures, ...platform } = failing()
      const { exchange } = await embark(t, mount(haproxy), { transports: [transport], ...platform })
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
  test("passes on each event at once, where a stream is not in chunks", async () => {
    const streamer = await startStreamer({}, false)
    assert.equal(await streamer.holds((await recommendedHaproxy(streamer.port)).port), false)
  })
  test("Hawser uses a WebSocket", (t) => arrives(t, mount(haproxy), "websocket"))
  for (const { transport } of subjects) {
    const options = { transports: [transport] }
    test(`${transport.name} works by itself`, (t) => arrives(t, mount(haproxy), transport.name, options))
  }
})
