// Which properties may be renamed to shorter ones in what ships: those that only our own modules know.

import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The modules whose objects never reach an application, nor come from the platform. What else there is keeps its names. */
const internal = ["answers", "link", "liveness", "membership", "race", "requests", "session", "signals", "strands", "traffic", "watch"]

const comments = /\/\*[^]*?\*\/|\/\/.*/g
const source = (file) => readFileSync(file, "utf8").replace(comments, "")
const words = (code) => code.match(/\w+/g) ?? []

/** The interfaces that code declares, by their names. */
function interfaces(code) {
  return [...code.matchAll(/^(?:export )?interface (\w+).*?\{\n(.*?)^\}/gms)].map(([, name, body]) => ({ name, body }))
}

/** The properties and methods that the body of an interface declares. */
const members = (body) => [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, name]) => name)

/** The names of what every object has, and those that the language gives its own. */
function builtin() {
  const owners = [Object, Array, String, Number, Function, Promise, RegExp, Date, Math, JSON, Uint8Array, DataView, Error]
  return owners.flatMap((owner) => [owner, owner.prototype ?? {}].flatMap(Object.getOwnPropertyNames))
}

/**
 * The names that interfaces of internal modules declare, below `src`, and that are nowhere else: not in any other
 * module, which may speak to the platform or to the server, not in what an application sees, not in the language, nor
 * as strings.
 */
export function internalNames(src) {
  const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith(".ts"))
  const modules = files.map((file) => [file.slice(0, -3), source(join(src, file))])
  const exported = new Set(modules.filter(([name]) => name == "core" || name == "index").flatMap(([, code]) => words(code)))
  const kept = new Set(builtin())
  const ours = new Set()
  for (const [name, code] of modules) {
    // What is also a string may be looked up by it.
    code.match(/"\w+"/g)?.forEach((string) => kept.add(string.slice(1, -1)))
    // A client is made of objects of ours; what it is to an application stands in its interfaces.
    const mixed = internal.includes(name) || name == "client"
    if (!mixed) words(code).forEach((word) => kept.add(word))
    for (const declared of interfaces(code)) {
      const seen = exported.has(declared.name)
      if (seen || name == "client") words(declared.body).forEach((word) => kept.add(word))
      else if (mixed) members(declared.body).forEach((member) => ours.add(member))
    }
  }
  return [...ours].filter((name) => !kept.has(name)).sort()
}
