// Builds examples/lab and the tests in this folder, and runs them with real proxies between client and server:
// `node test/proxies/run.mjs [part of a file's name …]`. Needs nginx, haproxy, caddy, squid and Chromium, which
// `scripts/setup system` installs.
//
// CHROMIUM is the browser, /usr/bin/chromium unless given; HAWSER_LAB is a lab that is built already.

import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = fileURLToPath(new URL(".", import.meta.url))
const client = join(here, "../..")
const root = join(client, "..")
// Inside of the package, so that the tests find what is in its node_modules.
const out = join(client, "test/.tmp", "proxies-" + process.pid)

const wanted = process.argv.slice(2)
const tests = readdirSync(here)
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))

try {
  mkdirSync(out, { recursive: true })
  const lab = process.env.HAWSER_LAB ?? join(out, "lab")
  if (!existsSync(lab)) execFileSync("go", ["build", "-o", lab, "./examples/lab"], { cwd: root, stdio: "inherit" })
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
  const reporting = ["--enable-source-maps", "--test-reporter=spec"]
  const flags = [...reporting, "--test", "--test-concurrency=2", "--test-timeout=90000"]
  const { status } = spawnSync(process.execPath, [...flags, ...files], {
    stdio: "inherit",
    env: { ...process.env, HAWSER_LAB: lab, HAWSER_ROOT: root },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
