// The legacy bundle, in a Chromium that has forgotten what old browsers do not have.

import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { Page } from "playwright-core"
import { launchChromium } from "./chromium.js"
import html from "./legacy.html"
import { startServer } from "./servers.js"
import { ONLINE } from "./status.js"

const visitor = launchChromium()
const lab = await startServer("lab", after)

/** What came after ES5, of what the client could think of. */
const AFTER_ES5 =
  "fetch Promise WebSocket EventSource Map Set WeakMap WeakSet Symbol Proxy Reflect URL URLSearchParams AbortController Headers Request " +
  "Response ReadableStream TextEncoder TextDecoder queueMicrotask MutationObserver structuredClone globalThis BigInt"
/** What Internet Explorer 9 has not either. */
const AFTER_IE9 = "crypto performance ArrayBuffer Uint8Array Blob FormData localStorage requestAnimationFrame"

interface Hello {
  readonly key?: string
  readonly sid?: string
}

/** Opens the page of legacy.html in a browser without `names`. It is driven from outside of its world, in which tests have no Promise either. */
async function oldPage(names: string, progressive: boolean): Promise<{ page: Page; hellos: Hello[] }> {
  const missing = names.split(" ").filter(Boolean)
  const context = await visitor()
  await context.addInitScript(
    ({ missing, progressive }) => {
      if (!progressive) delete (XMLHttpRequestEventTarget.prototype as Partial<XMLHttpRequestEventTarget>).onprogress
      for (const name of missing) delete (window as unknown as { [name: string]: unknown })[name]
    },
    { missing, progressive },
  )
  const page = await context.newPage()
  const hellos: Hello[] = []
  page.on("request", (request) => {
    if (request.method() == "POST") hellos.push(JSON.parse(request.postData()!.split("\n")[0]!)[1])
  })
  // A page of the lab's origin, whatever it says. (One that the test answers itself could not open a WebSocket.)
  await page.goto(`${lab.url}/nothing?${missing}`)
  await page.setContent(html)
  assert.equal(await page.locator("#missing").innerText(), missing.join(), "what was to be missing is missing")
  return { page, hellos }
}

/** Talks, with a cut in the middle; nothing may be lost, and the session must stay the same. */
async function talks(page: Page, transport: string): Promise<void> {
  await page.locator(`#status:text-is("${ONLINE}")`).waitFor()
  await page.locator(`#transport:text-is("${transport}")`).waitFor()
  const session = await page.locator("#session").innerText()
  await page.locator("#talk").click()
  await page.locator("#result:not(:empty)").waitFor()
  const result = JSON.parse(await page.locator("#result").innerText())
  const all = Array.from({ length: 60 }, (_, i) => i + 1)
  assert.deepEqual(result, { ticks: all, nums: all, transport, losses: result.losses })
  assert.ok(result.losses > 0, "the connection was lost")
  assert.equal(await page.locator("#session").innerText(), session)
  assert.equal(await page.locator("#errors").innerText(), "")
}

test("in a browser of today: by WebSocket", async () => {
  const { page } = await oldPage("", true)
  await talks(page, "websocket")
})

test("without what came after ES5: a stream over XMLHttpRequest, read while it arrives", async () => {
  const { page, hellos } = await oldPage(AFTER_ES5, true)
  await talks(page, "sse")
  assert.match(hellos[0]!.key!, /^[\w-]{22,64}$/)
})

test("without what came after Internet Explorer 9: polling, and a key that the server makes", async () => {
  const { page, hellos } = await oldPage(AFTER_ES5 + " " + AFTER_IE9, false)
  await talks(page, "polling")
  assert.deepEqual([hellos[0]!.key, hellos[0]!.sid], [undefined, undefined])
  const session = await page.locator("#session").innerText()
  for (const hello of hellos.slice(1)) {
    assert.match(hello.key!, /^[\w-]{22,64}$/)
    assert.deepEqual(hello, { ...hello, key: hellos[1]!.key, sid: session })
  }
})
