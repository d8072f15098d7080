import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { describe, test } from "node:test"
import { pathToFileURL } from "node:url"
import { createContext, runInContext } from "node:vm"

// What ships is what is tested: these tests read dist, not src. They run in client-js.
const read = (file: string): string => readFileSync(file, "utf8")
const tool = (name: string): string => resolve("node_modules/.bin", name)
const load = (file: string): Promise<Record<string, unknown>> => import(pathToFileURL(resolve("dist", file)).href)

describe("modules", () => {
  test("every export of the package is there, with its types", () => {
    const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, string | Record<string, string>> }
    for (const found of Object.values(exports)) {
      const files = typeof found == "string" ? [found.replace("*", "hawser")] : Object.values(found)
      for (const file of files) assert.ok(existsSync(file), file)
    }
  })

  test("hawser brings every transport by itself, hawser/core those that are passed", async () => {
    const [hawser, core] = [await load("hawser.mjs"), await load("core.mjs")]
    assert.equal(typeof hawser.connect, "function")
    assert.equal(typeof core.connect, "function")
    const weigh = (code: string): number =>
      execFileSync(tool("esbuild"), ["--bundle", "--minify", "--format=esm"], { input: code }).length
    const all = weigh('export { connect } from "./dist/hawser.mjs"')
    const none = weigh('export { connect } from "./dist/core.mjs"')
    const one = weigh('export { connect, polling } from "./dist/core.mjs"')
    assert.ok(none < one && one < all, `${none} < ${one} < ${all}`)
  })

  test("presence, state and history bring the rest of the client along only once", async () => {
    for (const [file, name] of [["presence", "presence"], ["state", "state"], ["history", "history"]] as const)
      assert.equal(typeof (await load(file + ".mjs"))[name], "function")
    const { connect } = await load("hawser.mjs")
    const weigh = (code: string): number =>
      execFileSync(tool("esbuild"), ["--bundle", "--minify", "--format=esm"], { input: code }).length
    const base = weigh('export { connect } from "./dist/hawser.mjs"')
    const all = weigh(
      'export { connect } from "./dist/hawser.mjs"; export { presence } from "./dist/presence.mjs"\n' +
        'export { state } from "./dist/state.mjs"; export { history } from "./dist/history.mjs"',
    )
    assert.equal(typeof connect, "function")
    assert.ok(base < all && all < base * 1.25, `${base} < ${all} < ${base * 1.25}`)
  })

  test("an error is the same whichever module made it", async () => {
    const [hawser, { msgpack }] = [await load("hawser.mjs"), await load("msgpack.mjs")]
    const isHawserError = hawser.isHawserError as (error: unknown) => boolean
    const { decode } = msgpack as { decode(frame: Uint8Array): unknown }
    assert.throws(() => decode(new Uint8Array([0xc1])), isHawserError)
  })
})

/** The properties that an interface in the package's types declares. */
function membersOf(type: string, file: string): string[] {
  const body = new RegExp(`interface ${type}\\b.*?\\{\n(.*?)^\\}`, "ms").exec(read("dist/types/" + file))?.[1]
  return [...(body ?? "").matchAll(/^ {4}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, name]) => name!)
}

describe("names", () => {
  const visible: [type: string, file: string][] = [
    ["Client", "client.d.ts"],
    ["Status", "client.d.ts"],
    ["Options", "client.d.ts"],
    ["BrowserOptions", "platforms/browser.d.ts"],
    ["Channel", "channel.d.ts"],
    ["CallOptions", "requests.d.ts"],
    ["HawserError", "errors.d.ts"],
    ["Codec", "codecs/codec.d.ts"],
    ["Transport", "transports/transport.d.ts"],
    ["Opening", "transports/transport.d.ts"],
    ["Wire", "transports/transport.d.ts"],
    ["PostRequest", "platform.d.ts"],
    ["Hello", "packet.d.ts"],
    ["Welcome", "packet.d.ts"],
  ]
  for (const [type, file] of visible) {
    test(`those of ${type} are what the types say`, () => {
      const names = membersOf(type, file)
      assert.ok(names.length > 1)
      // What only the other side writes or reads need not be there.
      const unused = ["v", "resumed", "resumeFor", "name"]
      for (const bundle of ["hawser.js", "hawser.legacy.js"]) {
        // The legacy bundle has no fetch that could take options.
        if (bundle == "hawser.legacy.js" && type == "BrowserOptions") continue
        const words = new Set(read("dist/" + bundle).match(/\w+/g))
        const missing = names.filter((name) => !words.has(name) && !unused.includes(name))
        assert.deepEqual(missing, [], bundle)
      }
    })
  }
})

describe("globals", () => {
  const globalsOf = (file: string): Record<string, unknown> => {
    const page = createContext({ setTimeout, clearTimeout, TextDecoder, TextEncoder })
    runInContext("var window = globalThis, self = globalThis", page)
    runInContext(read("dist/" + file), page)
    return page.hawser as Record<string, unknown>
  }

  for (const file of ["hawser.js", "hawser.msgpack.js", "hawser.legacy.js"]) {
    test(file + " gives window.hawser", () => {
      const hawser = globalsOf(file)
      const legacy = file === "hawser.legacy.js"
      for (const name of ["connect", "polling", "webSocket", "sse"]) assert.equal(typeof hawser[name], "function", name)
      for (const name of ["presence", "count", "state", "history"])
        assert.equal(typeof hawser[name], legacy ? "undefined" : "function", name)
      assert.equal(typeof hawser.msgpack, file === "hawser.msgpack.js" ? "object" : "undefined")
    })
  }
})

describe("hawser.legacy.js", () => {
  test("is ES5", () => {
    // Throws, with what it found, if the bundle is anything newer.
    execFileSync(tool("es-check"), ["es5", "dist/hawser.legacy.js"])
  })

  const scenario = `
    var client = hawser.connect("/realtime")
    var answers = []
    function note(answer) { answers.push(answer) }
    client.call("echo", { text: "h\\u00e4" }).then(function (reply) {
      note(reply)
      return client.call("echo", { list: [1, 2] })
    }).then(function (reply) {
      note(reply)
      return client.call("bytes")
    }).then(note, note)
    run(function () { return answers.length === 3 })
    print(JSON.stringify({ answers: answers, transport: client.transport, keyless: server.keyless }))
  `

  for (const engine of ["mujs", "duk"]) {
    const missing = !existsSync("/usr/bin/" + engine) && `${engine} is not installed`
    test(`talks to a server in ${engine}, with nothing later than ES5`, { skip: missing }, (t) => {
      const folder = mkdtempSync(join(tmpdir(), "hawser-"))
      t.after(() => rmSync(folder, { recursive: true }))
      const page = join(folder, "page.js")
      writeFileSync(page, [read("test/legacy-page.js"), read("dist/hawser.legacy.js"), scenario].join("\n"))
      const said = execFileSync("/usr/bin/" + engine, [page], { encoding: "utf8" })
      assert.deepEqual(JSON.parse(said), {
        // There are no typed arrays.
        answers: [{ text: "hä" }, { list: [1, 2] }, [1, 2, 3, 255]],
        transport: "polling",
        keyless: 1,
      })
    })
  }
})
