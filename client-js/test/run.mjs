// Builds the tests in this folder and runs them: `node test/run.mjs [part of a file's name …]`.

import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = fileURLToPath(new URL(".", import.meta.url))
// Inside of the package, so that the tests find what is in its node_modules.
const out = join(here, ".tmp", "unit-" + process.pid)
const wanted = process.argv.slice(2)
const tests = readdirSync(here)
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))

try {
  mkdirSync(out, { recursive: true })
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
  const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
    cwd: join(here, ".."),
    stdio: "inherit",
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(out, { recursive: true, force: true })
}
