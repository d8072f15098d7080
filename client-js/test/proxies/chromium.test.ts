// The same in a browser, with the bundle that pages load.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { BrowserContextOptions } from "playwright-core"
import type { Client } from "../../src/index.js"
import { launchChromium, untilPage } from "../browser/chromium.js"
import { startLab } from "../e2e/lab.js"
import { flawless, judge } from "../e2e/numbers.js"
import { recommendedHaproxy } from "./haproxy.js"
import { holdingNginx, narrowForOthersNginx, plainNginx, recommendedNginx } from "./nginx.js"
import { squid } from "./squid.js"

// What the page has.
declare const hawser: typeof import("../../src/index.js")
declare global {
  interface Window {
    client: Client
    ticks: number[]
  }
}

const visitor = launchChromium()
const lab = await startLab()
const COUNT = 500

type Listening = { readonly port: number }

interface Expected {
  /** The transport in use in the end. */
  readonly transport: string
  /** What Chromium says of a WebSocket, where it cannot have one. */
  readonly refusal?: RegExp
}

/** A page of the origin of `port` exchanges numbers with the lab. */
async function exchanges({ port }: Listening, expected: Expected, options: BrowserContextOptions = {}): Promise<void> {
  const { transport, refusal } = expected
  const page = await (await visitor(options)).newPage()
  const refusals: string[] = []
  page.on("websocket", (socket) => socket.on("socketerror", (error) => refusals.push(error)))
  // Any document of the origin will do; one that did not come from there may not open a WebSocket to loopback.
  const bundle = `http://127.0.0.1:${port}/realtime/hawser.js`
  await page.goto(bundle)
  await page.addScriptTag({ url: bundle })
  await page.evaluate(() => {
    window.client = hawser.connect("/realtime")
    window.ticks = []
    window.client.on<{ n: number }>("tick", ({ n }) => window.ticks.push(n))
    return window.client.ready
  })
  const session = await page.evaluate(() => window.client.session)
  const state = (): unknown => [window.client.transport, window.client.status, window.ticks.length]
  await untilPage(page, "it uses " + transport, (name) => window.client.transport === name, transport, state)
  const run = "chromium " + session
  await page.evaluate(
    async ([run, count]) => {
      await window.client.call("ticks", { run, count, hz: count })
      const sends = Array.from({ length: count }, (_, i) => window.client.send("num", { run, n: i + 1 }))
      await Promise.all(sends)
    },
    [run, COUNT] as const,
  )
  await untilPage(page, "all numbers came", (count) => window.ticks.length >= count, COUNT, state)
  const { list, ticks, ...end } = await page.evaluate(async (run) => {
    const { list } = await window.client.call<{ list: number[] }>("nums", { run })
    await window.client.call("echo")
    return { list, ticks: window.ticks, session: window.client.session, transport: window.client.transport }
  }, run)
  assert.deepEqual([judge(list, COUNT), judge(ticks, COUNT)], [flawless, flawless])
  assert.deepEqual(end, { session, transport })
  if (refusal) assert.match(refusals.join(), refusal)
  else assert.deepEqual(refusals, [])
}

/** A browser that was told of a forward proxy, and uses it for loopback too. */
const told = ({ port }: Listening): BrowserContextOptions => ({
  proxy: { server: "http://127.0.0.1:" + port, bypass: "<-loopback>" },
})

// The upgrade is lost on the way, but before that is noticed the request looks like one of another origin: nginx gives
// the server a Host of its own.
const noUpgrade = /403/

test("nginx of which nothing is set", async () => {
  await exchanges(await plainNginx(lab.port), { transport: "sse", refusal: noUpgrade })
})

test("nginx that holds every stream back", async () => {
  await exchanges(await holdingNginx(lab.port), { transport: "polling", refusal: noUpgrade })
})

test("nginx that takes no large bodies, of which the browser does not say so to pages of other origins", async () => {
  const { port } = await narrowForOthersNginx(lab.port)
  const page = await (await visitor()).newPage()
  const bundle = `http://127.0.0.1:${lab.port}/realtime/hawser.js`
  await page.goto(bundle)
  await page.addScriptTag({ url: bundle })
  const seen = await page.evaluate(async (url) => {
    const client = hawser.connect(url, { transports: [hawser.sse()] })
    client.onError(() => {})
    await client.ready
    const session = client.session
    const outcomes = await Promise.allSettled([
      client.call("echo", "before"),
      client.call("echo", "x".repeat(200_000)),
      client.call("echo", "after"),
    ])
    const told = outcomes.map((one) => (one.status == "fulfilled" ? one.value : (one.reason as { code: string }).code))
    return { told, same: client.session === session }
  }, `http://127.0.0.1:${port}/realtime`)
  assert.deepEqual(seen, { told: ["before", "payload_too_large", "after"], same: true })
})

test("nginx as docs/proxies.md recommends", async () => {
  await exchanges(await recommendedNginx(lab.port), { transport: "websocket" })
})

test("haproxy as docs/proxies.md recommends", async () => {
  await exchanges(await recommendedHaproxy(lab.port), { transport: "websocket" })
})

test("squid that makes tunnels for TLS only", async () => {
  await exchanges(lab, { transport: "sse", refusal: /tunnel/ }, told(await squid()))
})

test("squid that makes tunnels for the port", async () => {
  await exchanges(lab, { transport: "websocket" }, told(await squid([443, lab.port])))
})
