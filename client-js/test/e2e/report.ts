import { appendFileSync } from "node:fs"
import type { TestContext } from "node:test"
import { seed } from "./random.js"

/** Says what a test has seen: beside the test, and for the table at the end of the run. */
export function report(t: TestContext, seen: { [what: string]: string | number }): void {
  t.diagnostic(
    `seed ${seed}: ` +
      Object.entries(seen)
        .map(([what, value]) => `${what} ${value}`)
        .join(", "),
  )
  const table = process.env.HAWSER_REPORT
  if (table) appendFileSync(table, JSON.stringify(seen) + "\n")
}
