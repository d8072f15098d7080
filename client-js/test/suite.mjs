// What the runners of the test folders share: each builds what its tests need, bundles them, and runs them with Node's own runner.

import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const client = dirname(import.meta.dirname)

/** The repository. */
export const root = dirname(client)

/** Builds Go programs of the repository into a folder. */
export function goBuild(out, ...programs) {
  execFileSync("go", ["build", "-o", out, ...programs], { cwd: root, stdio: "inherit" })
}

/** A lab in the folder, or the one that HAWSER_LAB says is built already. */
export function buildLab(out) {
  const lab = process.env.HAWSER_LAB ?? join(out, "lab")
  if (!existsSync(lab)) goBuild(lab, "./examples/lab")
  return lab
}

/**
 * Runs the tests of a folder, those whose files have one of the arguments in their names if there are any. `prepare`
 * gets the folder that all is built in, and returns the environment that the tests need; `finish` gets it afterwards.
 * `also` are programs that the tests start, and are built like them.
 */
export async function run(url, { flags = [], also = [], loader = {}, prepare = () => ({}), finish = () => {} } = {}) {
  const here = dirname(fileURLToPath(url))
  // Inside of the package, so that the tests find what is in its node_modules.
  const out = join(client, "test/.tmp", "run-" + process.pid)
  const wanted = process.argv.slice(2)
  const tests = readdirSync(here)
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  try {
    mkdirSync(out, { recursive: true })
    const env = await prepare(out)
    await build({
      entryPoints: [...tests, ...also].map((file) => join(here, file)),
      outdir: out,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      loader,
      sourcemap: "inline",
      logLevel: "warning",
    })
    const files = tests.map((file) => join(out, file.replace(/\.ts$/, ".mjs")))
    const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...flags, ...files], {
      cwd: client,
      stdio: "inherit",
      env: { ...process.env, ...env },
    })
    await finish(out)
    process.exitCode = status ?? 1
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}
