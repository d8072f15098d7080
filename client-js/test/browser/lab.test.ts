// The bundles that a page loads by <script src>, against the lab.

import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import type { Page } from "playwright-core"
import type { msgpack } from "../../src/codecs/msgpack.js"
import type { Client } from "../../src/index.js"
import { startProxy } from "../e2e/proxy.js"
import { randomFor } from "../e2e/random.js"
import { launchChromium, untilPage } from "./chromium.js"
import { startServer } from "./servers.js"

// What pages have.
declare const hawser: typeof import("../../src/index.js") & { msgpack: typeof msgpack }
declare global {
  interface Window {
    client: Client
    ticks: number[]
  }
}

const visitor = launchChromium()
const lab = await startServer("lab", after)

type Name = "webSocket" | "sse" | "polling"
interface Choice {
  readonly bundle?: "hawser.js" | "hawser.msgpack.js"
  readonly codec?: "json" | "msgpack"
  readonly transports?: Name[] // all, unless given
}

/** A page with a client that is ready, as `window.client`, which collects ticks in `window.ticks`. */
async function connected(url: string, { bundle = "hawser.js", codec = "json", transports }: Choice): Promise<Page> {
  const page = await (await visitor()).newPage()
  await page.goto(url)
  if (bundle != "hawser.js") await page.addScriptTag({ url: "/realtime/" + bundle })
  await page.evaluate(
    async ({ codec, transports }) => {
      const client = (window.client = hawser.connect("/realtime", {
        codec: codec == "msgpack" ? hawser.msgpack : undefined,
        transports: transports?.map((name) => hawser[name]()),
      }))
      window.ticks = []
      client.on<{ n: number }>("tick", ({ n }) => window.ticks.push(n))
      client.handle("answer", (question) => ({ question, from: "a page" }))
      await client.ready
    },
    { codec, transports },
  )
  return page
}

/** Numbers 1 … count. */
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

const untilTicks = (page: Page, count: number): Promise<void> =>
  untilPage(page, count + " ticks", (count) => window.ticks.length >= count, count, () => window.ticks)

const untilTransport = (page: Page, name: string): Promise<void> =>
  untilPage(page, "carried by " + name, (name) => window.client.transport == name, name, () => window.client.transport)

const transports: [Name, name: string][] = [
  ["webSocket", "websocket"],
  ["sse", "sse"],
  ["polling", "polling"],
]
const codecs = [
  { bundle: "hawser.js", codec: "json" },
  { bundle: "hawser.msgpack.js", codec: "msgpack" },
] as const

for (const { bundle, codec } of codecs) {
  describe(bundle, () => {
    for (const [transport, name] of transports) {
      test(`by ${name}: numbers in both directions, cut in the middle`, async () => {
        const page = await connected(lab.url, { bundle, codec, transports: [transport] })
        const run = `${codec}-${name}`
        const seen = await page.evaluate(async (run) => {
          const { client } = window
          const session = client.session
          const lost: unknown[] = []
          client.onStatus(({ transport }) => transport || lost.push(transport))
          await client.call("ticks", { run, count: 120, hz: 200 })
          for (let n = 1; n <= 120; n++) {
            client.send("num", { run, n })
            // A breath, so that some are on their way when the connection is cut.
            if (n % 10 == 0) await client.call("echo", n)
            if (n == 60) client.cut()
          }
          const { list } = await client.call<{ list: number[] }>("nums", { run })
          const whoami = await client.call("whoami")
          return { list, whoami, session, cuts: lost.length }
        }, run)
        assert.ok(seen.cuts > 0, "the connection was lost")
        assert.deepEqual(seen.list, upTo(120))
        assert.deepEqual(seen.whoami, { session: seen.session, user: "", transport: name, codec })
        await untilTicks(page, 120)
        assert.deepEqual(await page.evaluate(() => window.ticks), upTo(120))
      })
    }

    test("calls, questions of the server, channels and refusals", async () => {
      const page = await connected(lab.url, { bundle, codec })
      const seen = await page.evaluate(async () => {
        const { client } = window
        const code = (error: { code: string }): string => error.code
        const echo = await client.call("echo", { text: "grüße 👋", list: [1, 2.5, null, true], nested: { a: { b: "c" } } })
        const asked = await client.call("ask", { question: "who?" })
        const boom = await client.call("boom").catch(code)
        const locked = await client.channel("locked:door").join().catch(code)
        const room = client.channel("lab:" + Math.random())
        const heard = new Promise<number[]>((resolve) => {
          const all: number[] = []
          room.on<{ n: number }>("pub", ({ n }) => all.push(n) == 50 && resolve(all))
        })
        await room.join()
        await room.call("flood", { event: "pub", count: 50, hz: 0, size: 100 })
        return { echo, asked, boom, locked, heard: await heard }
      })
      assert.deepEqual(seen, {
        echo: { text: "grüße 👋", list: [1, 2.5, null, true], nested: { a: { b: "c" } } },
        asked: { question: "who?", from: "a page" },
        boom: "internal",
        locked: "forbidden",
        heard: upTo(50),
      })
    })

    for (const [transport, name] of transports) {
      test(`by ${name}: bytes arrive as bytes`, async () => {
        const page = await connected(lab.url, { bundle, codec, transports: [transport] })
        const seen = await page.evaluate(async (sizes) => {
          const all: { bytes: boolean; same: boolean }[] = []
          for (const size of sizes) {
            const sent = new Uint8Array(size).map((_, i) => (i * 7 + (i >> 8)) & 255)
            const back = await window.client.call<Uint8Array>("echo", sent)
            const same = back.length == size && back.every((byte, i) => byte == sent[i])
            all.push({ bytes: back instanceof Uint8Array, same })
          }
          return all
        }, [0, 1, 256, 300_000])
        assert.deepEqual(seen, Array(4).fill({ bytes: true, same: true }))
      })
    }
  })
}

test("MessagePack: bytes, dates and great integers inside of a structure", async () => {
  const page = await connected(lab.url, { bundle: "hawser.msgpack.js", codec: "msgpack" })
  const seen = await page.evaluate(async () => {
    const at = new Date(1_700_000_000_123)
    const back = await window.client.call<{ bytes: Uint8Array; at: Date; big: bigint }>("echo", {
      bytes: new Uint8Array([0, 128, 255]),
      at,
      big: 2n ** 60n,
    })
    return { bytes: Array.from(back.bytes), date: back.at.getTime() == at.getTime(), big: String(back.big) }
  })
  assert.deepEqual(seen, { bytes: [0, 128, 255], date: true, big: String(2n ** 60n) })
})

test("a WebSocket that opens late takes over from the stream, without a gap", async (t) => {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const proxy = await startProxy({
    port: lab.port,
    random: randomFor("late WebSocket"),
    holds: (path) => (path == "websocket" ? opened : undefined),
  })
  t.after(proxy.close)
  const page = await connected(new URL("/", proxy.url).href, {})
  await untilTransport(page, "sse")
  const session = await page.evaluate(() => window.client.session)
  await page.evaluate(() => window.client.call("ticks", { run: "late", count: 300, hz: 300 }))
  await untilTicks(page, 1)
  open()
  await untilTransport(page, "websocket")
  const before = await page.evaluate(() => window.ticks.length)
  assert.ok(before < 300, "it took over in the middle")
  await untilTicks(page, 300)
  assert.deepEqual(await page.evaluate(() => window.ticks), upTo(300))
  assert.equal(await page.evaluate(() => window.client.session), session)
})
