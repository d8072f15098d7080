// The cursors example: who moves is seen to move.

import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { Page } from "playwright-core"
import { launchChromium, untilPage } from "./chromium.js"
import { startServer } from "./servers.js"

const visitor = launchChromium()
const cursors = await startServer("cursors", after)

let charts = 0
/** A chart for each test, so that none sees another. */
const newChart = (): string => `${cursors.url}/#chart-${++charts}`

const body = (): string => document.body.innerText + document.getElementById("cursors")!.outerHTML

async function open(url: string, name: string, width = 1000, height = 800): Promise<Page> {
  const { origin } = new URL(url)
  const context = await visitor({
    viewport: { width, height },
    storageState: { cookies: [], origins: [{ origin, localStorage: [{ name: "hawser-name", value: name }] }] },
  })
  const page = await context.newPage()
  await page.goto(url)
  await untilPage(page, "online", () => document.getElementById("status")!.textContent == "online", undefined, body)
  return page
}

/** Resolves when the page shows just these people as here, each as the list has it. */
const people = (page: Page, ...names: string[]): Promise<void> =>
  untilPage(
    page,
    "here: " + names,
    (names) => [...document.querySelectorAll("#people li")].map((item) => item.textContent).join() == names,
    names.join(),
    body,
  )

/** Resolves when the page shows just these cursors, each with its name, its place being a part of the window's width and height in %. */
const seen = (page: Page, ...all: [name: string, x: number, y: number][]): Promise<void> =>
  untilPage(
    page,
    "cursors: " + all.join("; "),
    (all) =>
      JSON.stringify(
        [...document.querySelectorAll<HTMLElement>(".cursor")].map((cursor) => {
          const { left, top } = cursor.getBoundingClientRect()
          return [cursor.textContent, Math.round((100 * left) / innerWidth), Math.round((100 * top) / innerHeight)]
        }).sort(),
      ) == all,
    JSON.stringify(all),
    body,
  )

test("each sees the cursors of the others, in windows of any size", async () => {
  const chart = newChart()
  const ada = await open(chart, "Ada")
  await people(ada, "Ada")
  const grace = await open(chart, "Grace", 500, 400)
  await Promise.all([people(ada, "Ada", "Grace"), people(grace, "Grace", "Ada")])

  await ada.mouse.move(600, 600)
  await seen(grace, ["Ada", 60, 75])
  await grace.mouse.move(100, 40)
  await ada.mouse.move(800, 400)
  await Promise.all([seen(grace, ["Ada", 80, 50]), seen(ada, ["Grace", 20, 10])])

  const mary = await open(chart, "Mary")
  await seen(mary, ["Ada", 80, 50], ["Grace", 20, 10]) // though nobody moves
  await grace.evaluate(() => document.getElementById("chart")!.dispatchEvent(new PointerEvent("pointerleave")))
  await Promise.all([seen(mary, ["Ada", 80, 50]), seen(ada)])
})

test("a cursor survives a connection, and goes with its owner", async () => {
  const chart = newChart()
  const [ada, grace] = await Promise.all([open(chart, "Ada"), open(chart, "Grace")])
  await ada.mouse.move(600, 600)
  await seen(grace, ["Ada", 60, 75])
  await ada.evaluate("client.cut()")
  await ada.mouse.move(500, 400)
  await seen(grace, ["Ada", 50, 50])
  await people(grace, "Grace", "Ada")
  await ada.evaluate("client.close()")
  await Promise.all([seen(grace), people(grace, "Grace")])
})

test("two windows of one person are one person with two cursors", async () => {
  const chart = newChart()
  const [ada, again, grace] = await Promise.all([open(chart, "Ada"), open(chart, "Ada"), open(chart, "Grace")])
  await people(grace, "Grace", "Ada ×2")
  await ada.mouse.move(600, 600)
  await again.mouse.move(500, 400)
  await seen(grace, ["Ada", 50, 50], ["Ada", 60, 75])
})

test("names stay on a phone's page, wherever their cursors are", async () => {
  const chart = newChart()
  const [ada, phone] = await Promise.all([open(chart, "Ada of the long name"), open(chart, "Grace", 390, 700)])
  await people(phone, "Grace", "Ada of the long name")
  for (const [x, y] of [[990, 400], [990, 790], [10, 790], [10, 10]] as const) {
    await ada.mouse.move(x, y)
    await seen(phone, ["Ada of the long name", Math.round(x / 10), Math.round(y / 8)])
    const outside = await phone.evaluate(() => {
      const { left, right, top, bottom } = document.querySelector(".cursor b")!.getBoundingClientRect()
      return left < 0 || right > innerWidth || top < 0 || bottom > innerHeight ? { left, right, top, bottom } : undefined
    })
    assert.equal(outside, undefined, `the name of a cursor at ${x}, ${y}`)
  }
})

test("a click is seen as a ring, and a point that is none by nobody", async () => {
  const chart = newChart()
  const [ada, grace] = await Promise.all([open(chart, "Ada"), open(chart, "Grace")])
  await people(ada, "Ada", "Grace")
  const ring = grace.waitForSelector(".mark", { state: "attached" })
  await ada.mouse.click(600, 600)
  await ring
  await ada.evaluate(`client.channel(${JSON.stringify("chart:" + new URL(chart).hash.slice(1))}).volatile("hawser:state", {key: "cursor", value: {x: 7, y: 0}})`)
  await ada.mouse.move(500, 400)
  await seen(grace, ["Ada", 50, 50])
  assert.deepEqual(await grace.locator(".cursor").count(), 1)
})
