import puppeteer from "puppeteer-core"
import type { Browser, Engine } from "./engine.js"

const modern: Pick<Engine, "bundles" | "transports"> = {
  bundles: [
    { bundle: "hawser.js", codec: "json" },
    { bundle: "hawser.msgpack.js", codec: "msgpack" },
  ],
  transports: ["webSocket", "sse", "polling"],
}

async function launch(browser: "firefox" | "chrome", executablePath: string, args: string[]): Promise<Browser> {
  const running = await puppeteer.launch({ browser, executablePath, args, headless: true })
  return {
    version: await running.version(),
    async open(url) {
      const page = await running.newPage()
      await page.goto(url)
      return {
        evaluate: (expression) => page.evaluate(expression) as Promise<string>,
        setOffline: (offline) => page.setOfflineMode(offline),
        close: () => page.close(),
      }
    },
    close: () => running.close(),
  }
}

const gecko = process.env.FIREFOX ?? "/usr/bin/firefox-esr"

/** Firefox, driven by WebDriver BiDi. */
export const firefox: Engine = {
  ...modern,
  name: "Firefox",
  programs: { [gecko]: "firefox-esr" },
  version: /^firefox\/\d/i,
  agent: /Gecko\/\d+ Firefox\/\d/,
  launch: () => launch("firefox", gecko, []),
}

const plain = ["--no-sandbox", "--disable-gpu", "--disable-component-update", "--disable-sync"]
const blink = process.env.CHROMIUM ?? "/usr/bin/chromium"

export const chromium: Engine = {
  ...modern,
  name: "Chromium",
  programs: { [blink]: "chromium" },
  version: /^(Headless)?Chrome\/\d/,
  agent: /Chrome\/\d/,
  launch: () => launch("chrome", blink, plain),
}
