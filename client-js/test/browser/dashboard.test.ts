// The dashboard example, on lines that are fast enough and on one that is not.

import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { Page } from "playwright-core"
import { launchChromium, untilPage } from "./chromium.js"
import { startServer } from "./servers.js"

const visitor = launchChromium()
const dashboard = await startServer("dashboard", after)

const body = (): string => document.body.innerText
const number = (page: Page, id: string): Promise<number> =>
  page.locator("#" + id).evaluate((each) => Number(each.textContent!.replace(/,/g, "")))

/** Somebody opens the dashboard. Resolves when it shows prices. */
async function open(): Promise<Page> {
  const page = await (await visitor()).newPage()
  await page.goto(dashboard.url)
  await untilPage(page, "prices", () => document.querySelectorAll("article").length == 24, undefined, body)
  return page
}

/** Resolves when more prices than that were replaced by newer ones on their way to the page. */
const replaced = (page: Page, more: number): Promise<void> =>
  untilPage(
    page,
    more + " replaced",
    (more) => Number(document.getElementById("replaced")!.textContent!.replace(/,/g, "")) > more,
    more,
    body,
  )

const halted = (page: Page, is: boolean): Promise<void> =>
  untilPage(page, "halted: " + is, (is) => document.body.classList.contains("halted") == is, is, body)

/** What the page shows, once it has drawn what it knows. */
async function prices(page: Page): Promise<string[]> {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  return page.locator("article").evaluateAll((all) =>
    all.map((each) => `${(each as HTMLElement).dataset.symbol} ${each.querySelector(".price")!.textContent}`).sort(),
  )
}

test("one who cannot keep up is shown what is so now, and nothing else", async () => {
  const [fast, slow] = await Promise.all([open(), open()])
  await slow.click("#slow")
  await untilPage(slow, "online", () => document.getElementById("status")!.textContent == "online", undefined, body)
  await Promise.all([replaced(fast, 1000), replaced(slow, 1000)])
  const before = await Promise.all([prices(fast), prices(slow)])
  assert.equal(before[1]!.length, 24)
  const [many, few] = await Promise.all([number(fast, "received"), number(slow, "received")])
  assert(few < many, `of ${many} prices a second on a line that is fast enough, a slow one carries fewer, not ${few}`)

  // What is published last comes last, on every line: behind it nothing is missing.
  await fast.click("#halt")
  await Promise.all([halted(fast, true), halted(slow, true)])
  const last = await prices(fast)
  assert.deepEqual(await prices(slow), last)
  assert.notDeepEqual(last, before[0], "they changed meanwhile")

  await slow.click("#halt")
  await Promise.all([halted(fast, false), halted(slow, false)])
  const so = await number(slow, "replaced")
  await replaced(slow, so + 100)
})

test("one who comes later sees all prices, also of a market that is halted", async () => {
  const early = await open()
  await early.click("#halt")
  await halted(early, true)
  const late = await open()
  await halted(late, true)
  assert.deepEqual(await prices(late), await prices(early))
  await late.click("#halt")
  await halted(early, false)
})
