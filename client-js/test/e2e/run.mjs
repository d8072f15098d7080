// Builds examples/lab and the tests in this folder, and runs them: `node test/e2e/run.mjs [part of a file's name …]`.
//
// HAWSER_SEED repeats the chance of an earlier run; HAWSER_LAB is a lab that is built already.

import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = fileURLToPath(new URL(".", import.meta.url))
const client = join(here, "../..")
// Inside of the package, so that the tests find what is in its node_modules.
const out = join(client, "test/.tmp", "e2e-" + process.pid)

const wanted = process.argv.slice(2)
const programs = readdirSync(here).filter((file) => file.endsWith(".child.ts"))
const tests = readdirSync(here)
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))

try {
  mkdirSync(out, { recursive: true })
  const lab = process.env.HAWSER_LAB ?? join(out, "lab")
  if (!existsSync(lab))
    execFileSync("go", ["build", "-o", lab, "./examples/lab"], { cwd: join(client, ".."), stdio: "inherit" })
  await build({
    entryPoints: [...tests, ...programs].map((file) => join(here, file)),
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
  const table = join(out, "report")
  const files = tests.map((file) => join(out, file.replace(/\.ts$/, ".mjs")))
  // A file whose process does not end by itself, because a client left something behind, fails too.
  const flags = ["--enable-source-maps", "--test", "--test-reporter=spec", "--test-timeout=180000"]
  const { status } = spawnSync(process.execPath, [...flags, ...files], {
    stdio: "inherit",
    env: { ...process.env, HAWSER_LAB: lab, HAWSER_REPORT: table },
  })
  if (existsSync(table))
    console.table(
      readFileSync(table, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    )
  process.exitCode = status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
