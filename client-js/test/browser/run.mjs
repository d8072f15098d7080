// Builds the servers and the tests in this folder, and runs them in Chromium: `node test/browser/run.mjs [part of a file's name …]`.
//
// CHROMIUM is the browser, /usr/bin/chromium unless given.

import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = fileURLToPath(new URL(".", import.meta.url))
const client = join(here, "../..")
// Inside of the package, so that the tests find what is in its node_modules.
const out = join(client, "test/.tmp", "browser-" + process.pid)

const wanted = process.argv.slice(2)
const tests = readdirSync(here)
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))

try {
  mkdirSync(out, { recursive: true })
  const servers = ["./examples/chat", "./examples/lab", "./client-js/test/browser/register"]
  execFileSync("go", ["build", "-o", out + "/", ...servers], { cwd: join(client, ".."), stdio: "inherit" })
  await build({
    entryPoints: tests.map((file) => join(here, file)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    loader: { ".html": "text" },
    sourcemap: "inline",
    logLevel: "warning",
  })
  const files = tests.map((file) => join(out, file.replace(/\.ts$/, ".mjs")))
  // Two browsers at a time: more would only take each other's time.
  const flags = ["--enable-source-maps", "--test", "--test-concurrency=2", "--test-timeout=120000", "--test-reporter=spec"]
  const { status } = spawnSync(process.execPath, [...flags, ...files], {
    stdio: "inherit",
    env: { ...process.env, HAWSER_SERVERS: out },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
