// Makes docs/images/chat.png: two windows of examples/chat that talk, one over WebSocket, the other forced to polling, with the connection cut
// in between. `make screenshot`. Looks best where the font Inter is installed (Debian: fonts-inter).
//
//   node scripts/screenshot.mjs [URL of a running chat [folder: also the dark theme, and a phone]]

import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const { chromium } = createRequire(join(root, "client-js/package.json"))("playwright-core")

const window = { width: 800, height: 620 }
const margin = 24

/** Runs the chat on a free port. */
async function serve(folder) {
  execFileSync("go", ["build", "-o", folder + "/chat", "./examples/chat"], { cwd: root, stdio: "inherit" })
  const child = spawn(folder + "/chat", ["-addr", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] })
  const url = await new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the chat ended")))
    child.stdout.on("data", (chunk) => resolve(/http:\/\/[\d.:]+/.exec(chunk)[0]))
  })
  return { url, end: () => child.kill() }
}

/** Somebody who has opened the chat. */
async function open(browser, url, name, look) {
  const context = await browser.newContext({
    locale: "en-GB",
    storageState: { cookies: [], origins: [{ origin: new URL(url).origin, localStorage: [{ name: "hawser-chat-name", value: name }] }] },
    ...look,
  })
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForFunction(() => window.client.transport === "websocket")
  return {
    page,
    async says(text) {
      await page.fill("#say [name=text]", text)
      await page.press("#say [name=text]", "Enter")
      await this.hears(text)
    },
    hears: (text) => page.locator("#messages li[data-id]", { hasText: text }).waitFor(),
    async cuts() {
      const before = await page.locator("#log li").count()
      await page.click("#cut")
      await page.waitForFunction((before) => document.querySelectorAll("#log li").length >= before + 3, before)
    },
    async forces(transport) {
      await page.click(`[data-force=${transport}]`)
      await page.waitForFunction((transport) => window.client.transport === transport, transport)
    },
    async picture(options) {
      await page.evaluate(() => document.activeElement.blur())
      await page.mouse.move(0, 0)
      return page.screenshot({ animations: "disabled", ...options })
    },
  }
}

/** Two pictures side by side, as windows on a desk. */
async function compose(browser, pictures, path) {
  const width = pictures.length * (window.width + margin) + margin
  const page = await browser.newPage({ viewport: { width, height: window.height + 2 * margin + 6 } })
  const images = pictures.map((png) => `<img src="data:image/png;base64,${png.toString("base64")}">`)
  await page.setContent(`<style>
    body { margin: 0; padding: ${margin}px; display: flex; gap: ${margin}px; background: linear-gradient(160deg, #dfe9e8, #b9cfd1) }
    img { width: ${window.width}px; height: ${window.height}px; border-radius: 12px; box-shadow: 0 1px 2px #0f2a3040, 0 10px 28px #0f2a3038 }
  </style>${images.join("")}`)
  await page.screenshot({ path })
}

const [given, extra] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), "hawser-screenshot-"))
const chat = given ? { url: given, end() {} } : await serve(folder)
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] })
try {
  const light = { viewport: window, colorScheme: "light" }
  const url = chat.url + "/#harbour"
  const ada = await open(browser, url, "Ada", light)
  const grace = await open(browser, url, "Grace", light)
  const watchers = extra
    ? {
        dark: await open(browser, url, "Mary", { viewport: window, colorScheme: "dark" }),
        phone: await open(browser, url, "Mary", { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, colorScheme: "light" }),
        "phone-dark": await open(browser, url, "Grace", { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, colorScheme: "dark" }),
        wide: await open(browser, url, "Ada", { viewport: { width: 1440, height: 900 }, colorScheme: "light" }),
      }
    : {}

  await ada.says("Made fast. Anybody on the other end?")
  await grace.says("Engine room here. The signal comes and goes.")
  await grace.cuts()
  await ada.says("Did that one reach you?")
  await grace.says("Every word, once and in order. I cut the line just now.")
  await grace.forces("polling")
  await grace.says("And now I am on long-polling. Same session!")
  await ada.says("I would not have noticed.")

  for (const each of [ada, grace, ...Object.values(watchers)]) await each.hears("I would not have noticed.")
  await compose(browser, [await ada.picture(), await grace.picture()], join(root, "docs/images/chat.png"))
  if (watchers.dark) await watchers.dark.forces("sse")
  if (watchers.phone) {
    await watchers.phone.page.context().setOffline(true)
    await watchers.phone.page.click("#cut")
    await watchers.phone.page.fill("#say [name=text]", "Said without a connection")
    await watchers.phone.page.press("#say [name=text]", "Enter")
  }
  for (const [name, each] of Object.entries(watchers)) await each.picture({ path: join(extra, name + ".png") })
} finally {
  await browser.close()
  chat.end()
  rmSync(folder, { recursive: true, force: true })
}
