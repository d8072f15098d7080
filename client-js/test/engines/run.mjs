// Builds examples/lab and the tests in this folder, and runs them in browsers of every make, one at a time:
// `node test/engines/run.mjs [part of a file's name …]`. `scripts/setup engines` installs the browsers. One that is
// missing is passed over, unless CI is set.
//
// HAWSER_LAB is a lab that is built already; HAWSER_SEED repeats the chance of an earlier run; CHROMIUM and FIREFOX are
// browsers in other places than Debian's.

import { writeFileSync } from "node:fs"
import { join } from "node:path"
import swc from "@swc/core"
import { build } from "esbuild"
import { buildLab, run } from "../suite.mjs"

const here = import.meta.dirname

/** What pages run, as an expression in ES5. */
async function page(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2020",
    logLevel: "warning",
  })
  const { code } = await swc.transform(outputFiles[0].text, {
    swcrc: false,
    configFile: false,
    isModule: false,
    jsc: { target: "es5", externalHelpers: false, loose: true, parser: { syntax: "ecmascript" } },
  })
  return `(function () {\n${code}\n})()`
}

await run(import.meta.url, {
  // The time is for all tests of a file.
  flags: ["--test-reporter=spec", "--test-concurrency=1", "--test-timeout=240000"],
  async prepare(out) {
    const voyage = join(out, "voyage.js")
    writeFileSync(voyage, await page(join(here, "page/voyage.ts")))
    return { HAWSER_LAB: buildLab(out), HAWSER_VOYAGE: voyage, HAWSER_ENGINES: here }
  },
})
