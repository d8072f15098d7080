// A client in a page in Chromium.
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const repository = fileURLToPath(new URL('../../..', import.meta.url))

export async function start(origin, tell) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS })
  const page = await browser.newPage()
  // Whatever the server answers, an error too, is a page of its origin.
  await page.goto(origin)
  await page.route('**/repository/**', route => {
    const path = new URL(route.request().url()).pathname.replace('/repository/', repository)
    return route.fulfill({ path, contentType: 'text/javascript' })
  })
  await page.exposeFunction('tell', tell)
  await page.evaluate(() => {
    globalThis.longest = 0
    new PerformanceObserver(list => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration)
    }).observe({ entryTypes: ['longtask'] })
  })
  const session = await browser.newBrowserCDPSession()
  const own = {
    open: what =>
      page.evaluate(async what => {
        const { open } = await import('/repository/bench/node/client/subject.mjs')
        globalThis.subject = await open(what, WebSocket, globalThis.tell)
      }, what),
    /** Of all of Chromium's processes. */
    async cpu() {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo')
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
    },
    /** The longest task since it was asked last, in ms; 0 if none took 50. */
    longest: () =>
      page.evaluate(() => {
        const ms = globalThis.longest
        globalThis.longest = 0
        return ms
      }),
  }
  return {
    ask: (name, argument) =>
      name in own ? own[name](argument) : page.evaluate(([name, argument]) => globalThis.subject[name](argument), [name, argument]),
    close: () => browser.close(),
  }
}
