// Many tabs of one origin, which share what a browser has for it: six connections over HTTP/1.1, and one WebSocket that
// is being opened.

import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import type { BrowserContext, Page } from "playwright-core"
import type { Client } from "../../src/index.js"
import { startNetlab } from "../e2e/netlab.js"
import { launchChromium, untilPage } from "./chromium.js"
import { startServer } from "./servers.js"

// What pages have.
declare const hawser: typeof import("../../src/index.js")
declare global {
  interface Window {
    client: Client
    beats: number[]
  }
}

const visitor = launchChromium()
const plain = await startServer("lab", after)
const secure = await startServer("lab", after, 0, "-tls")

const TABS = 8
const BEATS = 20

/** A tab with a client that is a member of a room. Resolves when the server has answered it. */
async function tab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await page.evaluate(async () => {
    const client = (window.client = hawser.connect("/realtime"))
    const room = client.channel("lab:tabs")
    window.beats = []
    room.on<{ n: number }>("beat", ({ n }) => window.beats.push(n))
    await room.join()
  })
  return page
}

const untilTransport = (page: Page, names: string[]): Promise<void> =>
  untilPage(page, "carried by " + names, (names) => names.includes(window.client.transport!), names, () => window.client.transport)

const servers = [
  { server: plain, protocol: "http/1.1" },
  { server: secure, protocol: "h2" },
]

for (const { server, protocol } of servers) {
  for (const blocked of [true, false]) {
    test(`${TABS} tabs over ${protocol}, WebSocket ${blocked ? "blocked" : "allowed"}`, async () => {
      const context = await visitor({ ignoreHTTPSErrors: true })
      if (blocked) await context.addInitScript(() => delete (window as Partial<Window & typeof globalThis>).WebSocket)
      const tabs = await Promise.all(Array.from({ length: TABS }, () => tab(context, server.url)))
      for (const page of tabs) await untilTransport(page, blocked ? ["sse", "polling"] : ["websocket"])

      // One more page loads, and what it asks for comes, by the protocol that this is about.
      const ninth = await context.newPage()
      const response = await ninth.goto(server.url)
      assert.equal(response?.status(), 200)
      const asked = await ninth.evaluate(async () => {
        const answer = await fetch("/?asked")
        await answer.text()
        return (performance.getEntriesByType("resource") as PerformanceResourceTiming[]).find(({ name }) => name.endsWith("?asked"))!
          .nextHopProtocol
      })
      assert.equal(asked, protocol)

      // All of them speak, and all of them hear.
      const answers = await Promise.all(tabs.map((page, i) => page.evaluate((i) => window.client.call("echo", i), i)))
      assert.deepEqual(answers, tabs.map((_, i) => i))
      await tabs[0]!.evaluate(
        (count) => window.client.channel("lab:tabs").call("flood", { event: "beat", count, hz: 0, size: 10 }),
        BEATS,
      )
      for (const page of tabs)
        await untilPage(page, "all beats", (count) => window.beats.length >= count, BEATS, () => window.beats)
      for (const page of tabs)
        assert.deepEqual(await page.evaluate(() => window.beats), Array.from({ length: BEATS }, (_, i) => i + 1))
    })
  }
}

describe("an upgrade that is swallowed", () => {
  test("in one tab keeps no other from connecting", async (t) => {
    const network = await startNetlab(t, plain.port, "upgrade-swallowed")
    const url = new URL("/", network.url).href
    const context = await visitor()
    const first = await tab(context, url)
    await untilTransport(first, ["sse", "polling"])
    assert.ok((await network.counts())["upgrade-swallowed"]! > 0)
    // The next one is not swallowed; the browser keeps it waiting while it believes in the first.
    await network.set("")
    const second = await tab(context, url)
    assert.equal(await second.evaluate(() => window.client.call("echo", "here")), "here")
    await untilTransport(second, ["websocket"])
  })
})
