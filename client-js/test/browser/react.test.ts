import assert from "node:assert/strict"
import { after, test } from "node:test"
import { buildSync } from "esbuild"
import { launchChromium, untilPage } from "./chromium.js"
import type {} from "./page/strict.js"
import { startServer } from "./servers.js"
import { ONLINE } from "./status.js"

const visitor = launchChromium()
const server = await startServer("register", after)

/** The page's program, with React as it is in development. */
function program(): string {
  const { outputFiles } = buildSync({
    entryPoints: ["test/browser/page/strict.ts"], // tests run in client-js
    bundle: true,
    write: false,
    format: "iife",
    define: { "process.env.NODE_ENV": '"development"' },
  })
  return outputFiles[0]!.text
}

test("React's StrictMode mounts twice, and opens one session", async () => {
  const page = await (await visitor()).newPage()
  let sockets = 0
  page.on("websocket", () => sockets++)
  await page.goto(server.url + "/page")
  await page.addScriptTag({ url: "/realtime/hawser.js" })
  await page.addScriptTag({ content: program() })
  await untilPage(
    page,
    "the second mount is online",
    (online) => window.clients[1]?.status == online,
    ONLINE,
    () => window.clients.map(({ status }) => status),
  )
  assert.deepEqual(await page.evaluate(() => window.clients.map(({ status }) => status)), ["closed", ONLINE])
  assert.equal(sockets, 1)
  const sessions = Object.keys((await (await fetch(server.url + "/register")).json()) as object)
  assert.deepEqual(sessions, [await page.evaluate(() => window.clients[1]!.session)])
})
