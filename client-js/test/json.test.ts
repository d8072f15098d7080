import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, test } from "node:test"
import { json } from "../src/codecs/json.js"
import { isHawserError } from "../src/errors.js"
import { Kind, type Packet } from "../src/packet.js"
import { byteLength, isName } from "../src/text.js"

// docs/vectors/README.md describes the files.

type Described = Record<string, unknown> & { kind: string; bytes?: string }
interface Vector {
  name: string
  reason: string
  packet: Described
  packets: Described[]
  json?: string
}
interface Value {
  name: string
  codec: string
  js: unknown
  json?: { text: string; encodedBy: string[]; js: unknown }
}

function read<T>(file: string): Record<string, T[]> {
  // The tests run in client-js.
  return JSON.parse(readFileSync(`../docs/vectors/${file}.json`, "utf8"))
}

const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"))
const hasCode = (code: string) => (error: unknown) => isHawserError(error) && error.code === code

const fields: Record<string, string[]> = {
  hello: ["body"],
  welcome: ["body"],
  gone: ["message"],
  start: ["n"],
  use: ["wire", "claim", "recv"],
  ack: ["n"],
  ping: ["n"],
  pong: ["n"],
  close: ["code", "message", "retry"],
  goaway: ["within"],
  volatile: ["channel", "event", "data"],
  event: ["channel", "event", "data"],
  call: ["id", "channel", "event", "timeout", "data"],
  reply: ["id", "data"],
  error: ["id", "code", "message", "data"],
  cancel: ["id"],
  join: ["id", "channel", "epoch", "offset", "data"],
  leave: ["id", "channel"],
  message: ["channel", "offset", "event", "data"],
  reset: ["channel", "epoch", "offset"],
  presence: ["channel", "data"],
  left: ["channel", "code", "message"],
  auth: ["id", "token"],
  end: ["code", "message", "retry", "recv"],
  publish: ["id", "channel", "event", "data"],
}
const text = new Set(["message", "code", "channel", "event", "epoch", "token"])

/** The packet that a description means. */
function packetOf(described: Described): Packet {
  const kind = Kind[(described.kind[0]!.toUpperCase() + described.kind.slice(1)) as keyof typeof Kind]
  const values = fields[described.kind]!.map((field) => {
    if (field == "data") return described.bytes === undefined ? described.data : unhex(described.bytes)
    return described[field] ?? (text.has(field) ? "" : 0)
  })
  return [kind, ...values] as unknown as Packet
}

describe("packets", () => {
  const { packets = [], accepted = [], malformed = [] } = read<Vector>("packets")

  for (const { name, packet, json: form } of packets) {
    if (form === undefined) continue
    test(name, () => {
      assert.deepStrictEqual(json.decode(form), [packetOf(packet)])
      assert.equal(json.encode(packetOf(packet)), form)
      assert.equal(json.size(form), Buffer.byteLength(form))
    })
  }

  for (const { name, packet, json: form } of accepted) {
    // JavaScript's strings keep half of a pair, which is no text to others.
    if (form === undefined || name == "half of a surrogate pair") continue
    test("accepted: " + name, () => assert.deepStrictEqual(json.decode(form), [packetOf(packet)]))
  }

  // Once the platform has parsed them they are integers and white space like others: harmless from a server that one trusts.
  const lenient = ["minus zero", "a float that is an integer", "an exponent", "a carriage return inside"]
  for (const { reason, json: form } of malformed) {
    if (form === undefined || lenient.includes(reason) || reason.startsWith("depth")) continue
    test("malformed: " + reason, () => assert.throws(() => json.decode(form), hasCode("protocol")))
  }
})

describe("frames", () => {
  const { frames = [], malformed = [] } = read<Vector>("frames")

  for (const { name, packets, json: form } of frames) {
    if (form === undefined) continue
    test(name, () => {
      assert.deepStrictEqual(json.decode(form), packets.map(packetOf))
      assert.equal(json.join(packets.map((packet) => json.encode(packetOf(packet)))), form)
    })
  }
  for (const { reason, json: form } of malformed) {
    // JSON.parse takes a carriage return for white space.
    if (form === undefined || reason.startsWith("CR LF")) continue
    test("malformed: " + reason, () => assert.throws(() => json.decode(form), hasCode("protocol")))
  }
  test("bytes are no text", () =>
    assert.throws(() => json.decode(new Uint8Array([0x5b, 0x36, 0x5d])), hasCode("protocol")))
})

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

  for (const { name, json: form } of values) {
    if (!form) continue
    test(name, () => {
      const value = revive(form.js)
      const packet = (data: string) => `[34,1,${data}]`
      assert.deepStrictEqual(json.decode(packet(form.text))[0]![2], value)
      if (form.encodedBy.includes("js")) assert.equal(json.encode([Kind.Reply, 1, value]), packet(form.text))
    })
  }
  for (const { name, codec, js } of refused) {
    if (codec !== "json") continue
    test("refused: " + name, () =>
      assert.throws(() => json.encode([Kind.Reply, 1, revive(js)]), hasCode("bad_request")),
    )
  }
  test("refused: what contains itself", () => {
    const circle: unknown[] = []
    circle.push(circle)
    assert.throws(() => json.encode([Kind.Reply, 1, circle]), hasCode("bad_request"))
  })
  test("bytes inside of a structure become base64, Node's Buffer too", () => {
    assert.equal(
      json.encode([Kind.Reply, 1, { a: new Uint8Array([1, 2]), b: Buffer.from([3]) }]),
      '[34,1,{"a":"AQI=","b":"Aw=="}]',
    )
  })
})

test("the length in UTF-8 is that of the bytes", () => {
  for (const text of ["", "a", "é", "€", "👍", "👍👍", "a👍€é", "\uffff\u0800\u07ff\u0080\u007f"]) {
    assert.equal(byteLength(text), new TextEncoder().encode(text).length, JSON.stringify(text))
  }
})

test("names have 1 to 255 bytes and no control characters", () => {
  for (const name of ["a", "chat:lobby", "é".repeat(127), "a".repeat(255), " ", "__proto__"])
    assert.ok(isName(name), name)
  for (const name of ["", "a\n", "\x00", "a\x7f", "\x85", "a".repeat(256), "é".repeat(128)])
    assert.ok(!isName(name), JSON.stringify(name))
})
