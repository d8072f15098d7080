// What the client must do in every make of browser: connect over each transport that this has, and lose nothing while
// it is cut, unplugged, and moved between them in mid-stream.

import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { startLab } from "../e2e/lab.js"
import { type Browser, type Engine, whyNot } from "./engine.js"
import type { Deed, Name } from "./page/voyage.js"
import { sail } from "./sail.js"

// Who is told to end, as by a test that takes too long, runs no exit handlers: unless it then ends by itself.
process.once("SIGTERM", () => process.exit(143))

const lab = await startLab()

/** A transport by the name that the client gives it. */
const nameOf = (transport: Name): string => transport.toLowerCase()

/** What each transport asks the server for, and no other. */
const paths: { readonly [transport in Name]: string } = { webSocket: "websocket", sse: "sse", polling: "poll" }

/** Asks the server for something new, and is "200" if that comes. */
const asking = `(function () {
  var request = new XMLHttpRequest()
  try {
    request.open("GET", "/?" + Math.random(), false)
    request.send()
  } catch (_) {}
  return String(request.status)
})()`

/** From each to each of the others: of three, so that all six moves are made. */
function moves(transports: readonly Name[]): Deed[] {
  const [a, b, c] = transports as [Name, Name, Name?]
  const order = c ? [b, c, a, c, b, a] : [b, a, b, a]
  return order.map((use) => ({ use }))
}

/** Runs all of it in a browser of that make. Must be called outside of tests. */
export function testIn(engine: Engine): void {
  const { name, transports, bundles, lacks = [] } = engine
  const missing = whyNot(engine)

  describe(name, { skip: process.env.CI ? false : (missing ?? false) }, () => {
    let browser: Browser
    before(async () => {
      if (missing) throw new Error(missing)
      browser = await engine.launch()
    })
    after(() => browser?.close())

    test("is what it is taken for", async (t) => {
      const page = await browser.open(new URL("/", lab.url).href)
      const agent = await page.evaluate("navigator.userAgent")
      t.diagnostic(`${browser.version}: ${agent}`)
      assert.match(browser.version, engine.version)
      assert.match(agent, engine.agent)
      for (const global of lacks) assert.equal(await page.evaluate("typeof window." + global), "undefined", global)
      await page.close()
    })

    test("is offline when it is told to be", async (t) => {
      const page = await browser.open(new URL("/", lab.url).href)
      if (!page.setOffline) return t.skip("its driver cannot put it offline")
      assert.equal(await page.evaluate(asking), "200")
      await page.setOffline(true)
      assert.equal(await page.evaluate(asking), "0")
      await page.setOffline(false)
      assert.equal(await page.evaluate(asking), "200")
      await page.close()
    })

    for (const { bundle, codec } of bundles) {
      for (const transport of transports) {
        test(`${bundle} by ${nameOf(transport)}: cut and unplugged`, async (t) => {
          const begins = nameOf(transport)
          const deeds: Deed[] = ["cut", "unplug", "cut"]
          const plan = { bundle, codec, transports: [transport], begins, deeds }
          const { log, whoami, counts } = await sail(t, browser, lab, plan, "silent")
          for (const { step, transport } of log) assert.equal(transport, transport && begins, step)
          assert.equal(whoami.transport, begins)
          const asked = Object.values(paths).filter((path) => counts.requests[path])
          assert.deepEqual(asked, [paths[transport]], "it asked for nothing else")
          assert.ok(counts.cutConnections > 0, "connections were open when it was unplugged")
        })
      }

      test(`${bundle} moves from transport to transport`, async (t) => {
        const begins = nameOf(transports[0]!) // by itself
        const deeds = moves(transports)
        const { log, whoami } = await sail(t, browser, lab, { bundle, codec, begins, deeds })
        const moved = log.filter(({ step }) => step.startsWith("moves")).map(({ transport }) => transport)
        assert.deepEqual(moved, deeds.map((deed) => nameOf((deed as { use: Name }).use)))
        assert.equal(whoami.transport, moved.at(-1))
        assert.equal(log.at(-1)!.losses, log[0]!.losses, "it was never without a connection")
      })
    }
  })
}
