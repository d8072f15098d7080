// Builds examples/lab and the tests in this folder, and runs them: `node test/e2e/run.mjs [part of a file's name …]`.
//
// HAWSER_SEED repeats the chance of an earlier run; HAWSER_LAB is a lab that is built already. The network laboratory
// is cmd/netlab.

import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { buildLab, goBuild, run } from "../suite.mjs"

const report = (out) => join(out, "report")

await run(import.meta.url, {
  also: ["unawaited.child.ts"],
  // A file whose process does not end by itself, because a client left something behind, fails too.
  flags: ["--test-reporter=spec", "--test-timeout=180000"],
  prepare(out) {
    goBuild(join(out, "netlab"), "./cmd/netlab")
    return { HAWSER_LAB: buildLab(out), HAWSER_NETLAB: join(out, "netlab"), HAWSER_REPORT: report(out) }
  },
  finish(out) {
    if (!existsSync(report(out))) return
    const lines = readFileSync(report(out), "utf8").trim().split("\n")
    console.table(lines.map((line) => JSON.parse(line)))
  },
})
