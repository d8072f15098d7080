// Builds examples/lab and the tests in this folder, and runs them in browsers of every make, one at a time:
// `node test/engines/run.mjs [part of a file's name …]`. `scripts/setup engines` installs the browsers. One that is
// missing is passed over, unless CI is set.
//
// HAWSER_LAB is a lab that is built already; HAWSER_SEED repeats the chance of an earlier run; CHROMIUM and FIREFOX are
// browsers in other places than Debian's.

import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import swc from "@swc/core"
import { build } from "esbuild"

const here = fileURLToPath(new URL(".", import.meta.url))
const client = join(here, "../..")
const source = join(client, "../examples/lab")
// Inside of the package, so that the tests find what is in its node_modules.
const out = join(client, "test/.tmp", "engines-" + process.pid)

const wanted = process.argv.slice(2)
const tests = readdirSync(here)
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))

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

try {
  mkdirSync(out, { recursive: true })
  const lab = process.env.HAWSER_LAB ?? join(out, "lab")
  if (!existsSync(lab)) execFileSync("go", ["build", "-o", lab, "."], { cwd: source, stdio: "inherit" })
  const voyage = join(out, "voyage.js")
  writeFileSync(voyage, await page(join(here, "page/voyage.ts")))
  await build({
    entryPoints: tests.map((file) => join(here, file)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    logLevel: "warning",
  })
  const files = tests.map((file) => join(out, file.replace(/\.ts$/, ".mjs")))
  // The time is for all tests of a file.
  const limits = ["--test-concurrency=1", "--test-timeout=240000"]
  const flags = ["--enable-source-maps", "--test", "--test-reporter=spec", ...limits]
  const { status } = spawnSync(process.execPath, [...flags, ...files], {
    stdio: "inherit",
    env: { ...process.env, HAWSER_LAB: lab, HAWSER_VOYAGE: voyage, HAWSER_ENGINES: here },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
