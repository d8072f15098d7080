// Pages that go, for good or into the back-forward cache.

import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { Page } from "playwright-core"
import type { Client } from "../../src/index.js"
import { launchChromium, untilPage, WITHIN } from "./chromium.js"
import { startServer } from "./servers.js"
import { ONLINE } from "./status.js"

// What pages have.
declare const hawser: typeof import("../../src/index.js")
declare global {
  interface Window {
    client: Client
    returns: number // how often the page came back from the cache
  }
}

const visitor = launchChromium({ backForwardCache: true })
const server = await startServer("register", after)

type Name = "webSocket" | "sse" | "polling"

interface Entry {
  readonly ended?: string
  readonly code?: string
  readonly notes: string[]
}

/** What the server's register says of a session, as soon as `condition` holds of it. */
async function entry(session: string, what: string, condition: (entry: Entry) => boolean): Promise<Entry> {
  const deadline = performance.now() + WITHIN
  for (;;) {
    const entries = (await (await fetch(server.url + "/register")).json()) as { [session: string]: Entry }
    const found = entries[session]
    if (found && condition(found)) return found
    if (performance.now() > deadline) throw new Error(`not within ${WITHIN} ms: ${what}; the register has ${JSON.stringify(found)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const isOver = (session: string): Promise<Entry> => entry(session, "it is over", ({ ended }) => ended !== undefined)

/** A page, somebody's only one, with a session over that transport. */
async function sailing(transport: Name, bundle = "hawser.js"): Promise<{ page: Page; session: string; transport: Name }> {
  const page = await (await visitor()).newPage()
  await page.goto(server.url + "/page")
  await page.addScriptTag({ url: "/realtime/" + bundle })
  const session = await page.evaluate(async (transport) => {
    window.returns = 0
    addEventListener("pageshow", ({ persisted }) => persisted && window.returns++)
    const client = (window.client = hawser.connect("/realtime", { transports: [hawser[transport]()] }))
    await client.ready
    return client.session!
  }, transport)
  return { page, session, transport }
}

const fleet = (): Promise<Awaited<ReturnType<typeof sailing>>[]> =>
  Promise.all((["webSocket", "sse", "polling"] as const).map((transport) => sailing(transport)))

const isOpen = async (session: string, what: string): Promise<void> =>
  assert.equal((await entry(session, "it is known", () => true)).ended, undefined, what)

test("a page that is closed or reloaded ends its session, long before it would expire", async () => {
  const [closed, reloaded, stayed, old] = await Promise.all([fleet(), fleet(), fleet(), sailing("sse", "hawser.legacy.js")])
  await Promise.all([
    ...[...closed, old].map(({ page }) => page.close({ runBeforeUnload: true })),
    ...reloaded.map(({ page }) => page.reload()),
  ])
  await Promise.all([...closed, ...reloaded, old].map(({ session }) => isOver(session)))
  for (const { session, transport } of stayed) await isOpen(session, `by ${transport}: who stays does not leave`)
})

test("a page in the back-forward cache keeps its session, and goes on with it", async () => {
  const [parked, leaver] = await Promise.all([fleet(), sailing("webSocket")])
  await Promise.all(parked.map(({ page }) => page.evaluate(() => window.client.send("note", "before"))))
  await Promise.all(parked.map(({ page }) => page.goto(server.url + "/elsewhere")))
  await leaver.page.close({ runBeforeUnload: true })
  // After the time that a page has which leaves.
  await isOver(leaver.session)
  for (const { session, transport } of parked) await isOpen(session, `by ${transport}: who parks does not leave`)

  await Promise.all(
    parked.map(async ({ page, session, transport }) => {
      await page.goBack({ waitUntil: "commit" }) // it was loaded long ago
      await untilPage(page, `by ${transport}: back from the cache`, () => window.returns == 1, undefined, () => location.href)
      await page.evaluate(() => window.client.send("note", "after"))
      const { notes } = await entry(session, "both notes", ({ notes }) => notes.length >= 2)
      assert.deepEqual(notes, ["before", "after"])
      const state = await page.evaluate(() => ({ status: window.client.status, session: window.client.session }))
      assert.deepEqual(state, { status: ONLINE, session })
    }),
  )
})
