// Builds client-js/dist from client-js/src: `node build.mjs`, or `node build.mjs --check`, which builds elsewhere and
// compares. The output depends on nothing but the sources and the versions in package-lock.json, so that what is
// committed can be proved.

import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import swc from "@swc/core"
import { build } from "esbuild"
import { minify } from "terser"
import { internalNames } from "./names.mjs"

const root = fileURLToPath(new URL(".", import.meta.url))
const dist = join(root, "dist")

const ESM = "hawser, one module"
const ALL = "the same with all parts"

/** The most bytes that a bundle may have, minified and gzipped. */
const budgets = { [ESM]: 9932, [ALL]: 12288, "hawser.legacy.js": 12288 }

const bundling = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  outdir: dist, // only for the names: what comes out is minified before it is written
  target: "es2020",
  charset: "utf8",
  minifySyntax: true,
  mangleProps: new RegExp("^(" + internalNames(join(root, "src")).join("|") + ")$"),
  logLevel: "warning",
}

/** What `import` finds. What the entries share is in chunks, so that it exists once however one imports. */
async function modules() {
  const built = await build({
    ...bundling,
    entryPoints: {
      hawser: "src/index.ts",
      core: "src/core.ts",
      history: "src/history.ts",
      msgpack: "src/codecs/msgpack.ts",
      presence: "src/presence/presence.ts",
      state: "src/presence/state.ts",
    },
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunk-[hash]",
  })
  return Promise.all(built.outputFiles.map((file) => finished(file, true)))
}

/** One module without chunks, as a bundler makes it. Only weighed. */
async function oneModule(entry) {
  const built = await build({ ...bundling, entryPoints: [entry], format: "esm" })
  return minified(built.outputFiles[0].text, true)
}

/** What `<script src>` finds: `window.hawser`. */
async function globals() {
  const built = await build({
    ...bundling,
    entryPoints: { hawser: "src/global.ts", "hawser.msgpack": "src/global-msgpack.ts" },
    format: "iife",
  })
  return Promise.all(built.outputFiles.map((file) => finished(file, false)))
}

/** The name and the code of what esbuild made. */
async function finished(file, module) {
  return [relative(dist, file.path), await minified(file.text, module)]
}

/**
 * terser after esbuild: 6% smaller than either. Functions may become arrows, for none of ours is a constructor; no getter of
 * ours does anything but tell.
 */
async function minified(code, module) {
  const compress = { passes: 5, inline: 1, unsafe_arrows: true, unsafe_comps: true, pure_getters: true }
  const { code: small } = await minify(code, { ecma: 2020, module, compress })
  return small + "\n"
}

/**
 * What the client's code keeps to, so that lowering it takes less. Not all that `loose` assumes: it makes `{ ...a, get
 * b() {} }` a plain copy, in which the getter is read once and for all.
 */
const assumptions = {
  arrayLikeIsIterable: true,
  ignoreFunctionLength: true,
  ignoreToPrimitiveHint: true,
  iterableIsArray: true,
  noDocumentAll: true,
  noNewArrows: true,
  objectRestNoSymbols: true,
  setComputedProperties: true,
}

/** The same in ES5: esbuild bundles but knows no ES5, swc lowers the syntax, terser adds no new one. */
async function legacy() {
  const built = await build({
    ...bundling,
    entryPoints: { "hawser.legacy": "src/legacy/index.ts" },
    inject: ["src/legacy/inject.ts"],
    format: "iife",
  })
  const lowered = await swc.transform(built.outputFiles[0].text, {
    swcrc: false,
    configFile: false,
    isModule: false,
    jsc: { target: "es5", externalHelpers: false, parser: { syntax: "ecmascript" }, assumptions },
  })
  const { code } = await minify(lowered.code, {
    ecma: 5,
    ie8: true,
    safari10: true,
    compress: { passes: 3 },
    format: { ascii_only: true },
  })
  return [["hawser.legacy.js", code + "\n"]]
}

function types(out) {
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.types.json", "--outDir", join(out, "types")], {
    cwd: root,
    stdio: "inherit",
  })
}

/** The paths of all files below a folder, sorted. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

/** What differs between two builds, as lines to print. */
function differences(committed, rebuilt) {
  const here = filesBelow(committed)
  const there = filesBelow(rebuilt)
  return [
    ...here.filter((file) => !there.includes(file)).map((file) => file + ": is not built any more"),
    ...there.filter((file) => !here.includes(file)).map((file) => file + ": is missing"),
    ...here
      .filter((file) => there.includes(file))
      .filter((file) => !readFileSync(join(committed, file)).equals(readFileSync(join(rebuilt, file))))
      .map((file) => file + ": differs"),
  ]
}

/** Prints what each bundle weighs, and returns whether all keep their budgets. */
function weigh(bundles) {
  let within = true
  for (const [name, code] of bundles) {
    const zipped = gzipSync(code, { level: 9 }).length
    const budget = budgets[name]
    const verdict = budget === undefined ? "" : `of ${budget}${zipped > budget ? "  OVER BUDGET" : ""}`
    const size = String(Buffer.byteLength(code))
    console.log(name.padEnd(24), size.padStart(8), "gzipped", String(zipped).padStart(6), verdict)
    within &&= budget === undefined || zipped <= budget
  }
  return within
}

const out = mkdtempSync(join(tmpdir(), "hawser-dist-"))
try {
  const bundles = (await Promise.all([modules(), globals(), legacy()])).flat()
  for (const [name, code] of bundles) writeFileSync(join(out, name), code)
  if (!weigh([[ESM, await oneModule("src/index.ts")], [ALL, await oneModule("src/all.ts")], ...bundles])) process.exitCode = 1
  types(out)

  if (process.argv.includes("--check")) {
    const changed = differences(dist, out)
    if (changed.length > 0) {
      console.error("client-js/dist is not what its sources make; run `node build.mjs` and commit it:")
      console.error(changed.join("\n"))
      process.exitCode = 1
    }
  } else {
    rmSync(dist, { recursive: true, force: true })
    cpSync(out, dist, { recursive: true })
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
