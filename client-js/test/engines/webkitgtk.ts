import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { until } from "../e2e/until.js"
import type { Engine } from "./engine.js"
import { freePort, type Program, start } from "./program.js"
import { newSession } from "./webdriver.js"

const DRIVER = "/usr/bin/WebKitWebDriver"
const BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"
const SCREEN = "/usr/bin/Xvfb"

/** A screen that nobody sees, of a number that was free. */
async function startScreen(): Promise<{ program: Program; display: string }> {
  const program = start(SCREEN, ["-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  })
  const number = new Promise<string>((resolve) => {
    let text = ""
    const written = program.process.stdio[3] as Readable
    written.setEncoding("utf8").on("data", (chunk) => (text += chunk).endsWith("\n") && resolve(text.trim()))
  })
  return { program, display: ":" + (await Promise.race([number, program.failed])) }
}

/** Starts a WebDriver server that shows its browsers on that display; resolves with its address once it listens. */
async function startDriver(display: string, home: string): Promise<{ program: Program; url: string }> {
  const port = await freePort()
  const program = start(DRIVER, ["--host=127.0.0.1", "--port=" + port], {
    env: { ...process.env, DISPLAY: display, HOME: home, XDG_RUNTIME_DIR: home, NO_AT_BRIDGE: "1", GDK_BACKEND: "x11" },
  })
  const url = "http://127.0.0.1:" + port
  const listens = (): Promise<boolean> =>
    fetch(url + "/status").then(
      (answer) => answer.ok,
      () => false,
    )
  await Promise.race([until("WebKitWebDriver listens", listens, 15_000, program.complaints), program.failed])
  return { program, url }
}

/** WebKitGTK's own small browser; its driver cannot put it offline. */
export const webKitGTK: Engine = {
  name: "WebKitGTK",
  programs: { [DRIVER]: "webkit2gtk-driver", [BROWSER]: "libwebkit2gtk-4.1-0", [SCREEN]: "xvfb" },
  version: /^MiniBrowser 2\.\d/,
  agent: /AppleWebKit\/60\d\S* \(KHTML, like Gecko\) Version\/[\d.]+ Safari\//,
  bundles: [
    { bundle: "hawser.js", codec: "json" },
    { bundle: "hawser.msgpack.js", codec: "msgpack" },
  ],
  transports: ["webSocket", "sse", "polling"],
  async launch() {
    const home = mkdtempSync(join(tmpdir(), "hawser-webkit-"))
    const screen = await startScreen()
    const driver = await startDriver(screen.display, home)
    const session = await newSession(driver.url, {
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": { binary: BROWSER, args: ["--automation"] },
    })
    const { browserName, browserVersion } = session.capabilities
    return {
      version: `${browserName} ${browserVersion}`,
      async open(url) {
        await session.navigate(url)
        return {
          evaluate: session.evaluate,
          close: () => session.navigate("about:blank"),
        }
      },
      async close() {
        await session.end()
        await driver.program.end()
        await screen.program.end()
        rmSync(home, { recursive: true, force: true })
      },
    }
  },
}
