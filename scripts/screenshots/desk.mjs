// An example that runs, browsers that look at it, and pictures of them.

import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const { chromium } = createRequire(join(root, "client-js/package.json"))("playwright-core")

const margin = 24

export const LIGHT = { viewport: { width: 800, height: 620 }, colorScheme: "light" }
/** Windows to look at. */
export const LOOKS = {
  dark: { viewport: { width: 800, height: 620 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, colorScheme: "light" },
  "phone-dark": { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, colorScheme: "dark" },
  wide: { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
}

/** Runs the example of that name, and has a scene played before it: `play` gets a desk. */
export async function atDesk(name, looks, play) {
  const folder = mkdtempSync(join(tmpdir(), "hawser-screenshot-"))
  const { url, end } = await serve(name, folder)
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] })
  try {
    await play({
      url,
      looks,
      /** Somebody opens the page. */
      async open(who, look, path = "") {
        const localStorage = [{ name: "hawser-name", value: who }]
        const context = await browser.newContext({ locale: "en-GB", storageState: { cookies: [], origins: [{ origin: url, localStorage }] }, ...look })
        const page = await context.newPage()
        await page.goto(url + path)
        await page.waitForFunction(() => document.getElementById("status").dataset.status === "online")
        return page
      },
      /** Puts a picture into the documentation, or two side by side. */
      async hang(...pages) {
        if (looks) return // those who look are in the picture
        const pictures = await Promise.all(pages.map((page) => picture(page)))
        await compose(browser, pictures, pages[0].viewportSize(), join(root, `docs/images/${name}.png`))
      },
      look: async (page, what) => picture(page, join(looks, `${name}-${what}.png`)),
    })
  } finally {
    await browser.close()
    end()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function serve(name, folder) {
  execFileSync("go", ["build", "-o", folder + "/", "./examples/" + name], { cwd: root, stdio: "inherit" })
  const child = spawn(join(folder, name), ["-addr", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] })
  const url = await new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error(name + " ended")))
    child.stdout.on("data", (chunk) => resolve(/http:\/\/[\d.:]+/.exec(chunk)[0]))
  })
  return { url, end: () => child.kill() }
}

async function picture(page, path) {
  await page.evaluate(() => document.activeElement.blur())
  return page.screenshot({ animations: "disabled", path })
}

/** Windows on a desk, side by side. */
async function compose(browser, pictures, size, path) {
  const { width, height } = size
  const viewport = { width: pictures.length * (width + margin) + margin, height: height + 2 * margin }
  const page = await browser.newPage({ viewport })
  const images = pictures.map((png) => `<img src="data:image/png;base64,${png.toString("base64")}">`)
  await page.setContent(`<style>
    body { margin: 0; padding: ${margin}px; display: flex; gap: ${margin}px; background: #cfdedf }
    img { width: ${width}px; height: ${height}px; border-radius: 12px; outline: 1px solid #a9c0c2 }
  </style>${images.join("")}`)
  await page.screenshot({ path })
}
