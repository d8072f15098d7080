// The first server and its page, as README has them: whoever copies both has a chat.

import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { Page } from "playwright-core"
import { until } from "../e2e/until.js"
import { freePort } from "../engines/program.js"
import { launchChromium, untilPage } from "./chromium.js"

const root = process.env.HAWSER_ROOT!
const visitor = launchChromium()
const url = await start()

/** The first fenced block of a language in README. */
function block(language: string): string {
  const found = new RegExp("^```" + language + "\\n([^]*?)^```", "m").exec(readFileSync(join(root, "README.md"), "utf8"))
  assert(found, `README has a block of ${language}`)
  return found[1]!
}

/** Does what README says, on a port that is free. */
async function start(): Promise<string> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "hawser-readme-"))
  const program = block("go")
  assert.equal(program.split("127.0.0.1:8080").length, 2, "the program says once where it listens")
  writeFileSync(join(folder, "main.go"), program.replace("127.0.0.1:8080", "127.0.0.1:" + port))
  mkdirSync(join(folder, "page"))
  writeFileSync(join(folder, "page/index.html"), block("html"))
  execFileSync("go", ["build", "-o", join(folder, "chat"), join(folder, "main.go")], { cwd: root, stdio: "inherit" })

  const server = spawn(join(folder, "chat"), { cwd: folder, stdio: "inherit" })
  const gone = new Promise((resolve) => server.once("exit", resolve))
  after(async () => {
    server.kill("SIGKILL")
    await gone
    rmSync(folder, { recursive: true, force: true })
  })
  await until("the server listens", () => {
    assert.equal(server.exitCode, null, "the server runs")
    return accepts(port)
  })
  return "http://127.0.0.1:" + port
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })
}

const said = (): string[] => [...document.querySelectorAll("li")].map((item) => item.textContent!)

/** Resolves when the page shows just these messages, whoever they are from. */
const untilSaid = (page: Page, ...texts: string[]): Promise<void> =>
  untilPage(
    page,
    texts.join(", "),
    (texts) => [...document.querySelectorAll("li")].map((item) => item.textContent!.split(": ")[1]).join() == texts,
    texts.join(),
    said,
  )

async function say(page: Page, text: string): Promise<void> {
  await page.fill("input", text)
  await page.click("button")
}

test("README's chat: what one window says, the other hears", async () => {
  const [ann, bob] = await Promise.all(["Ann", "Bob"].map(async () => (await visitor()).newPage()))
  await Promise.all([ann!.goto(url), bob!.goto(url)])
  await say(ann!, "ahoy")
  await untilSaid(ann!, "ahoy")
  await say(bob!, "made fast")
  await untilSaid(ann!, "ahoy", "made fast")
})
