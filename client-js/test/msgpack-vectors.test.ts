import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, test } from "node:test"
import { decodeValue, inputOf } from "../src/codecs/msgpack-decode.js"
import { encodeValue } from "../src/codecs/msgpack-encode.js"
import { msgpack } from "../src/codecs/msgpack.js"
import { isHawserError } from "../src/errors.js"

// The format of these files is described in docs/vectors/README.md. What both codecs share is tested with JSON; here it
// is the bytes.

interface Vector {
  name: string
  reason: string
  msgpack: string
  packets: unknown[]
}

interface Value {
  name: string
  codec: string
  js: unknown
  msgpack?: { hex: string; encodedBy: string[]; js: unknown }
}

function read<T>(file: string): Record<string, T[]> {
  // The tests run in client-js.
  return JSON.parse(readFileSync(`../docs/vectors/${file}.json`, "utf8"))
}

const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"))
const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString("hex")
const hasCode = (code: string) => (error: unknown) => isHawserError(error) && error.code === code

/** A value as README.md writes those that JSON cannot tell. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive)
  if (value === null || typeof value !== "object") return value
  const object = value as Record<string, string>
  if (object.$bigint !== undefined) return BigInt(object.$bigint)
  if (object.$bytes !== undefined) return unhex(object.$bytes)
  if (object.$date !== undefined) return new Date(object.$date)
  if (object.$number !== undefined) return Number(object.$number)
  return Object.fromEntries(Object.entries(object).map(([key, field]) => [key, revive(field)]))
}

describe("values", () => {
  const { values = [], refused = [] } = read<Value>("values")

  for (const { name, msgpack: form } of values) {
    if (!form) continue
    test(name, () => {
      const value = revive(form.js)
      assert.deepStrictEqual(decodeValue(inputOf(unhex(form.hex))), value)
      if (form.encodedBy.includes("js")) assert.equal(hex(encodeValue(value)), form.hex)
    })
  }

  for (const { name, codec, js } of refused) {
    if (codec !== "msgpack") continue
    test(name + " is refused", () => assert.throws(() => encodeValue(revive(js)), hasCode("bad_request")))
  }
})

describe("packets and frames that are golden come back byte for byte", () => {
  const golden = [...(read<Vector>("packets").packets ?? []), ...(read<Vector>("frames").frames ?? [])]

  for (const { name, msgpack: bytes, packets = [0] } of golden) {
    if (bytes === undefined) continue
    test(name, () => {
      const decoded = msgpack.decode(unhex(bytes))
      assert.equal(decoded.length, packets.length)
      // A decoder fills in trailing fields; an encoder must leave them out again.
      assert.equal(hex(msgpack.join(decoded.map(msgpack.encode))), bytes)
    })
  }
})

describe("what no Hawser encoder writes is read", () => {
  for (const { name, msgpack: bytes } of read<Vector>("packets").accepted ?? []) {
    if (bytes !== undefined) test(name, () => assert.equal(msgpack.decode(unhex(bytes)).length, 1))
  }
})

describe("what is malformed is refused", () => {
  const malformed = [...(read<Vector>("packets").malformed ?? []), ...(read<Vector>("frames").malformed ?? [])]
  // JavaScript has one type of number: what a float that is an integer was, it cannot tell.
  const indistinguishable = ["a float that is an integer"]

  for (const { reason, msgpack: bytes } of malformed) {
    if (bytes === undefined || indistinguishable.includes(reason)) continue
    test(reason, () => assert.throws(() => msgpack.decode(unhex(bytes)), hasCode("protocol")))
  }
})
