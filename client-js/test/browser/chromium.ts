import assert from "node:assert/strict"
import { after, afterEach, before } from "node:test"
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core"

const ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

/** How long a page has to come to what is waited for, in ms. */
export const WITHIN = 15_000

/** Lets somebody new in: cookies, storage and network of their own, until the test ends. */
export type Visitor = (options?: BrowserContextOptions) => Promise<BrowserContext>

/**
 * Has a Chromium run for the tests of a file; must be called outside of them. A test in which a page throws an error that nobody catches fails.
 */
export function launchChromium(options: { backForwardCache?: boolean } = {}): Visitor {
  let browser: Browser
  let uncaught: string[] = []
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ARGS,
      ignoreDefaultArgs: options.backForwardCache ? ["--disable-back-forward-cache"] : [],
    })
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    const errors = uncaught
    uncaught = []
    assert.deepEqual(errors, [])
  })
  after(() => browser.close())
  return async (options) => {
    const context = await browser.newContext(options)
    context.setDefaultTimeout(WITHIN)
    context.on("weberror", (error) => uncaught.push(String(error.error())))
    return context
  }
}

/** Resolves once `condition` holds in the page; rejects, with what `show` says of the page then, if it does not in time. */
export async function untilPage<A>(page: Page, what: string, condition: (arg: A) => unknown, arg: A, show: () => unknown): Promise<void> {
  try {
    await page.waitForFunction(condition as (arg: unknown) => unknown, arg as unknown, { timeout: WITHIN })
  } catch {
    const state = await page.evaluate(show).catch(() => "the page is gone")
    throw new Error(`not within ${WITHIN} ms: ${what}; the page has ${JSON.stringify(state)}`)
  }
}
