// What is published works where it is installed: these tests pack it, and use it in a project of its own.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { after, before, describe, test } from "node:test"

const project = mkdtempSync(join(tmpdir(), "hawser-package-"))
const installed = join(project, "node_modules", "hawser")
let files: string[]

before(() => {
  mkdirSync(installed, { recursive: true })
  const packed = execFileSync("npm", ["pack", "--json", "--offline", "--pack-destination", project], { encoding: "utf8" })
  const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  files = tarball.files.map(({ path }) => path)
  execFileSync("tar", ["-xzf", join(project, tarball.filename), "-C", installed, "--strip-components=1"])
})
after(() => rmSync(project, { recursive: true }))

test("it brings what it is, its licence and nothing but what is built", () => {
  const loose = files.filter((file) => !file.startsWith("dist/"))
  assert.deepEqual(loose.sort(), ["LICENSE", "README.md", "package.json"])
  assert.ok(files.includes("dist/hawser.legacy.js"))
  assert.equal(readFileSync("LICENSE", "utf8"), readFileSync("../LICENSE", "utf8"))
})

/** Uses all that there is to import. */
const PROGRAM = `
import { connect, hawserError, isHawserError, polling, sse, webSocket } from "hawser"
import type { Client, HawserError, Options, Status } from "hawser"
import { connect as connectCore } from "hawser/core"
import { history } from "hawser/history"
import { msgpack } from "hawser/msgpack"
import { count, presence } from "hawser/presence"
import { state } from "hawser/state"

const options: Options = { codec: msgpack, auth: () => "token", transports: [sse(), webSocket(), polling()] }
const client: Client = connect("http://127.0.0.1:1/realtime", options)
const room = client.channel<{ said: { text: string } }>("chat:lobby")
room.on("said", ({ text }) => console.log(text))
client.onStatus(({ status, error }: Status) => console.log(status, error?.code))
client.onError((error: HawserError | Error) => console.log(isHawserError(error)))
export const all = [history, count, presence, state, connectCore, hawserError("forbidden")]
await client.close()
console.log("done", all.length)
`

describe("a project in TypeScript, strict", () => {
  const settings: { [name: string]: object } = {
    node16: { module: "node16", moduleResolution: "node16" },
    nodenext: { module: "nodenext", moduleResolution: "nodenext" },
    bundler: { module: "esnext", moduleResolution: "bundler" },
    "bundler, without the DOM": { module: "esnext", moduleResolution: "bundler", lib: ["es2022"] },
  }
  for (const [name, setting] of Object.entries(settings)) {
    test(name, () => {
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        target: "es2022",
        types: ["node"],
        typeRoots: [resolve("node_modules/@types")],
        ...setting,
      }
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.mts"] }))
      writeFileSync(join(project, "main.mts"), PROGRAM)
      const tsc = resolve("node_modules/typescript/bin/tsc")
      try {
        execFileSync(process.execPath, [tsc, "-p", project, "--pretty", "false"], { encoding: "utf8" })
      } catch (error) {
        assert.fail((error as { stdout: string }).stdout)
      }
    })
  }
})

/** Runs a program in the project, and returns what it prints. */
function run(file: string, code: string): string {
  writeFileSync(join(project, file), code)
  return execFileSync(process.execPath, ["--no-warnings", file], { cwd: project, encoding: "utf8", timeout: 20_000 })
}

describe("Node", () => {
  test("imports it", () => assert.equal(run("import.mjs", plain(PROGRAM)), "closed undefined\ndone 6\n"))

  test("requires it", () => {
    const code = `
      const { connect } = require("hawser")
      const { msgpack } = require("hawser/msgpack")
      connect("http://127.0.0.1:1/realtime", { codec: msgpack }).close().then(() => console.log("closed"))
    `
    assert.equal(run("require.cjs", code), "closed\n")
  })
})

test("a bundler takes of it what is used", () => {
  const bundled = (code: string): string =>
    execFileSync(resolve("node_modules/.bin/esbuild"), ["--bundle", "--minify", "--format=esm", "--target=es2022"], {
      cwd: project,
      input: code,
      encoding: "utf8",
    })
  const all = bundled(plain(PROGRAM))
  assert.equal(run("bundle.mjs", all), "closed undefined\ndone 6\n")
  const nothing = bundled('import "hawser"; import "hawser/presence"; console.log(1)')
  assert.equal(nothing, "console.log(1);\n")
})

/** The program without its types. */
function plain(code: string): string {
  const flags = ["--loader=ts", "--format=esm"]
  return execFileSync(resolve("node_modules/.bin/esbuild"), flags, { input: code, encoding: "utf8" })
}
