// Which properties may be renamed to shorter ones in what ships: those that only our own modules know.

import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { transformSync } from "esbuild"

/** The modules whose interfaces never reach an application, nor come from the platform. */
const internal = (
  "answers link liveness membership platform race requests session signals state strands traffic watch " +
  "transports/http transports/uplink"
).split(" ")
/** Those whose objects are of both kinds: what an application sees of them stands in their own interfaces. */
const mixed = ["client"]

const comments = /\/\*[^]*?\*\/|\/\/.*/g
const source = (file) => readFileSync(file, "utf8").replace(comments, "")
const words = (code) => code.match(/\w+/g) ?? []

/** The interfaces that code declares, by their names. */
function interfaces(code) {
  return [...code.matchAll(/^(?:export )?interface (\w+).*?\{\n(.*?)^\}/gms)].map(([, name, body]) => ({ name, body }))
}

/** The properties and methods that the body of an interface declares. */
const members = (body) => [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, name]) => name)

/** What of code counts when it runs: the properties that it reads, writes or makes, and the strings. */
function used(code) {
  const { code: js, mangleCache } = transformSync(code, { loader: "ts", mangleProps: /./, mangleCache: {} })
  return { properties: Object.keys(mangleCache), strings: (js.match(/"\w+"/g) ?? []).map((string) => string.slice(1, -1)) }
}

/** The names of what every object has, and those that the language gives its own. */
function builtin() {
  const owners = [Object, Array, String, Number, Function, Promise, RegExp, Date, Math, JSON, Uint8Array, DataView, Error]
  return owners.flatMap((owner) => [owner, owner.prototype ?? {}].flatMap(Object.getOwnPropertyNames))
}

/**
 * The names that interfaces of internal modules declare, below `src`, and that are nowhere else: no property in any
 * other module, which may speak to the platform or to the server, not in what an application sees, not in the language,
 * nor as strings.
 */
export function internalNames(src) {
  const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith(".ts"))
  const modules = files.map((file) => [file.slice(0, -3), source(join(src, file))])
  const exported = new Set(modules.filter(([name]) => name == "core" || name == "index").flatMap(([, code]) => words(code)))
  const kept = new Set(builtin())
  const ours = new Set()
  for (const [name, code] of modules) {
    const { properties, strings } = used(code)
    // What is also a string may be looked up by it.
    strings.forEach((string) => kept.add(string))
    const own = internal.includes(name)
    if (!own && !mixed.includes(name)) properties.forEach((word) => kept.add(word))
    for (const declared of interfaces(code)) {
      if (exported.has(declared.name) || !own) words(declared.body).forEach((word) => kept.add(word))
      else members(declared.body).forEach((member) => ours.add(member))
    }
  }
  return [...ours].filter((name) => !kept.has(name)).sort()
}
