import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import type { TestContext } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { flawless, judge } from "../e2e/numbers.js"
import { type Counts, type Cut, type Proxy, startProxy } from "../e2e/proxy.js"
import { randomFor } from "../e2e/random.js"
import type { Browser, Page } from "./engine.js"
import type { Entry, Plan, Report } from "./page/voyage.js"

/** How many numbers go each way, at least. */
const COUNT = 300
/** How long a page may take for one step, and how often it is asked how far it is, in ms. */
const WITHIN = 30_000
const EVERY = 20

const program = readFileSync(process.env.HAWSER_VOYAGE!, "utf8")

/** The line between a page and the lab. */
interface Line {
  readonly proxy: Proxy
  /** Cuts all that is open, and has nothing new open; or has new connections open again. */
  unplug(unplugged: boolean): void
}

async function layLine(port: number, title: string, how: Cut): Promise<Line> {
  let unplugged = false
  const proxy = await startProxy({ port, random: randomFor(title), blocks: () => unplugged })
  return {
    proxy,
    unplug(now) {
      unplugged = now
      if (now) proxy.cut(how)
    },
  }
}

/** What the driver does when the page asks for it. */
async function obey(step: string, page: Page, line: Line): Promise<void> {
  if (step != "unplug" && step != "plug in") return
  const unplugged = step == "unplug"
  line.unplug(unplugged)
  await page.setOffline?.(unplugged)
  await page.evaluate("voyage.done(), ''")
}

/** Reports as soon as the page has arrived, having done what it asks for on the way. */
async function arrival(page: Page, line: Line): Promise<Report> {
  let at = ""
  let deadline = 0
  for (;;) {
    const report = JSON.parse(await page.evaluate("voyage.report()")) as Report
    const { step, log, errors } = report
    if (step == "arrived" || errors.length > 0) return report
    const now = step + log.length
    if (now != at) {
      at = now
      deadline = performance.now() + WITHIN
      await obey(step, page, line)
    } else if (performance.now() > deadline) throw new Error(`not within ${WITHIN} ms: ${JSON.stringify(report)}`)
    await pause(EVERY)
  }
}

/** What was seen from the page, and what from the line. */
export interface Account {
  readonly log: readonly Entry[]
  readonly whoami: NonNullable<Report["whoami"]>
  readonly counts: Counts
}

/**
 * Has a page sail by a plan, by way of a proxy to the lab whose connections are cut in the way of `how` when it is
 * unplugged. No number may be lost, doubled or reordered, and the session must be the one that it was.
 */
export async function sail(
  t: TestContext,
  browser: Browser,
  lab: { readonly port: number },
  plan: Omit<Plan, "run" | "count">,
  how: Cut = "half-open",
): Promise<Account> {
  const line = await layLine(lab.port, t.name, how)
  t.after(line.proxy.close)
  const page = await browser.open(new URL("/", line.proxy.url).href)
  try {
    await page.evaluate(`${program}, ""`)
    await page.evaluate(`voyage.embark(${JSON.stringify({ ...plan, run: randomUUID(), count: COUNT })}), ""`)
    const { log, errors, list, sent, ticks, asked, whoami } = await arrival(page, line)
    assert.deepEqual(errors, [])
    assert.ok(sent >= COUNT && asked >= COUNT)
    assert.deepEqual({ up: judge(list, sent), down: judge(ticks, asked) }, { up: flawless, down: flawless })
    const session = log[0]!.session
    assert.ok(session && whoami)
    for (const { step, session: its } of log) assert.equal(its, session, "another session: " + step)
    assert.equal(whoami.session, session, "the session is still the same")
    assert.equal(whoami.codec, plan.codec)
    t.diagnostic(`${sent} up, ${asked} down; ${log.map(({ step, up, down }) => `${step} ${up}/${down}`).join(", ")}`)
    return { log, whoami, counts: line.proxy.counts }
  } finally {
    await page.close()
  }
}
