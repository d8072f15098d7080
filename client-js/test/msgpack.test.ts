import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { decodeValue, inputOf } from "../src/codecs/msgpack-decode.js"
import { encodeValue } from "../src/codecs/msgpack-encode.js"
import { msgpack } from "../src/codecs/msgpack.js"
import { isHawserError } from "../src/errors.js"
import { Kind, type Packet } from "../src/packet.js"

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replace(/ /g, ""), "hex"))

/** Decodes one value, which must be all there is. */
function decode(bytes: Uint8Array): unknown {
  const input = inputOf(bytes)
  const value = decodeValue(input)
  assert.equal(input.at, bytes.length, "the value ends where the bytes end")
  return value
}

const hasCode = (code: string) => (error: unknown) => isHawserError(error) && error.code === code

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe("a value has one form, and comes back from it", () => {
  const forms: [unknown, string][] = [
    [null, "c0"],
    [false, "c2"],
    [true, "c3"],
    [0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [255, "ccff"],
    [256, "cd0100"],
    [65535, "cdffff"],
    [65536, "ce00010000"],
    [2 ** 32 - 1, "ceffffffff"],
    [2 ** 32, "cf0000000100000000"],
    [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
    [2n ** 53n, "cf0020000000000000"],
    [2n ** 64n - 1n, "cfffffffffffffffff"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0df"],
    [-128, "d080"],
    [-129, "d1ff7f"],
    [-32768, "d18000"],
    [-32769, "d2ffff7fff"],
    [-(2 ** 31), "d280000000"],
    [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
    [Number.MIN_SAFE_INTEGER, "d3ffe0000000000001"],
    [-(2n ** 63n), "d38000000000000000"],
    [1.5, "cb3ff8000000000000"],
    [-0, "cb8000000000000000"],
    [2 ** 53, "cb4340000000000000"],
    [NaN, "cb7ff8000000000000"],
    [-Infinity, "cbfff0000000000000"],
    ["", "a0"],
    ["é", "a2c3a9"],
    ["\ufeffmark", "a7efbbbf6d61726b"],
    ["x".repeat(31), "bf" + "78".repeat(31)],
    ["x".repeat(32), "d920" + "78".repeat(32)],
    ["x".repeat(256), "da0100" + "78".repeat(256)],
    ["x".repeat(65536), "db00010000" + "78".repeat(65536)],
    [unhex("0102"), "c4020102"],
    [new Uint8Array(256), "c50100" + "00".repeat(256)],
    [new Uint8Array(65536), "c600010000" + "00".repeat(65536)],
    [[], "90"],
    [[1, [2]], "92019102"],
    [Array(16).fill(0), "dc0010" + "00".repeat(16)],
    [Array(65536).fill(0), "dd00010000" + "00".repeat(65536)],
    [{}, "80"],
    [{ a: 1, b: null }, "82a16101a162c0"],
    [JSON.parse('{"__proto__":1}'), "81a95f5f70726f746f5f5f01"],
    [new Date(0), "d6ff00000000"],
    [new Date((2 ** 32 - 1) * 1000), "d6ffffffffff"],
    [new Date(1), "d7ff003d090000000000"],
    [new Date(2 ** 32 * 1000), "d7ff0000000100000000"],
    [new Date(-1), "c70cff3b8b87c0ffffffffffffffff"],
    [new Date(2 ** 34 * 1000), "c70cff000000000000000400000000"],
    [new Date(-62135596800000), "c70cff00000000fffffff1886e0900"],
  ]
  for (const [value, form] of forms) {
    const name = form.length > 40 ? form.slice(0, 40) + "…" : form
    test(name, () => {
      assert.equal(hex(encodeValue(value)), form)
      assert.deepStrictEqual(decode(unhex(form)), value)
    })
  }
})

describe("values with another way back", () => {
  const others: [string, unknown, unknown][] = [
    ["undefined is nil", undefined, null],
    ["undefined is left out of objects and nil in arrays", { a: undefined, b: [undefined] }, { b: [null] }],
    ["a small bigint is an integer", 5n, 5],
    ["an ArrayBuffer is bytes", unhex("0102").buffer, unhex("0102")],
    ["a view is the bytes below it", new Uint16Array(unhex("000001020000").buffer, 2, 1), unhex("0102")],
    ["toJSON is honoured", { at: { toJSON: () => ["there"] } }, { at: ["there"] }],
    ["a lone surrogate is replaced", "\ud800", "\ufffd"],
  ]
  for (const [name, value, back] of others) {
    test(name, () => assert.deepStrictEqual(decode(encodeValue(value)), back))
  }
})

describe("forms that other encoders choose are read", () => {
  const forms: [string, unknown][] = [
    ["ca3fc00000", 1.5],
    ["cc01", 1],
    ["d30000000000000001", 1],
    ["d90161", "a"],
    ["dc000101", [1]],
    ["de0001a16101", { a: 1 }],
    ["82 01c0 ffc0", { 1: null, "-1": null }],
    ["81 cfffffffffffffffff c0", { "18446744073709551615": null }],
    ["c70cff 000f4240 0000000000000001", new Date(1001)],
    ["d7ff 003d08fc00000000", new Date(0)], // 999999 ns: a millisecond that is not over does not count
  ]
  for (const [form, value] of forms) {
    test(form, () => assert.deepStrictEqual(decode(unhex(form)), value))
  }
})

describe("what cannot be sent is refused with bad_request", () => {
  const circular: unknown[] = []
  circular.push(circular)
  const values: [string, unknown][] = [
    ["a bigint over 64 bits", 2n ** 64n],
    ["a bigint under 64 bits", -(2n ** 63n) - 1n],
    ["an invalid date", new Date(NaN)],
    ["a function", { f: () => 0 }],
    ["a symbol", [Symbol("s")]],
    ["a circular array", circular],
  ]
  for (const [name, value] of values) {
    test(name, () => assert.throws(() => encodeValue(value), hasCode("bad_request")))
  }
})

describe("what is malformed is refused with protocol", () => {
  const frames: [string, string][] = [
    ["nothing", ""],
    ["a byte that starts no value", "c1"],
    ["an array that declares 2^32 - 1 elements", "ddffffffff00"],
    ["a map that declares 2^32 - 1 pairs", "dfffffffff00"],
    ["text of 2^32 - 1 bytes", "dbffffffff00"],
    ["bytes of 2^32 - 1 bytes", "c6ffffffff00"],
    ["an extension of 2^32 - 1 bytes", "c9ffffffffff00"],
    ["text that is not UTF-8", "a1ff"],
    ["a surrogate in UTF-8", "a3eda080"],
    ["an unknown extension", "d40100"],
    ["a timestamp of 5 bytes", "c705ff0000000000"],
    ["a timestamp of 1 byte", "d4ff00"],
    ["a timestamp with 10^9 nanoseconds", "c70cff3b9aca000000000000000000"],
    ["a timestamp after the last date", "c70cff000000007fffffffffffffff"],
    ["nil as key", "81c000"],
    ["a fraction as key", "81cb3ff800000000000000"],
    ["an array as key", "819000"],
    ["bytes as key", "81c4010000"],
  ]
  for (const [name, frame] of frames) {
    test(name, () => assert.throws(() => decode(unhex(frame)), hasCode("protocol")))
  }

  test("every value that is cut off", () => {
    const whole = encodeValue([1000, -1000, 2n ** 60n, 1.5, "text", unhex("0102"), { a: [new Date(1)] }, new Date(-1)])
    for (let n = 0; n < whole.length; n++) {
      const part = inputOf(whole.subarray(0, n))
      assert.throws(() => decodeValue(part), hasCode("protocol"), `${n} bytes of ${whole.length}`)
    }
  })

  test("nesting: 128 deep is read and written, 129 is not", () => {
    const nest = (depth: number): unknown => (depth === 0 ? null : [nest(depth - 1)])
    const bytes = (depth: number) => unhex("91".repeat(depth) + "c0")
    assert.equal(hex(encodeValue(nest(128))), hex(bytes(128)))
    assert.deepStrictEqual(decode(bytes(128)), nest(128))
    assert.throws(() => encodeValue(nest(129)), hasCode("bad_request"))
    assert.throws(() => decode(bytes(129)), hasCode("protocol"))
    assert.throws(() => decode(unhex("81a161".repeat(129) + "c0")), hasCode("protocol"))
  })
})

test("what is decoded does not change when the frame's memory is used again", () => {
  const frame = encodeValue(unhex("0102"))
  const value = decode(frame)
  frame.fill(0)
  assert.deepStrictEqual(value, unhex("0102"))
})

test("a value inside a larger buffer is read from where it stands", () => {
  const buffer = unhex("ffff cb3ff8000000000000 ffff")
  assert.equal(decode(buffer.subarray(2, 11)), 1.5)
})

test("random bytes are a value or a protocol error, nothing else", () => {
  const random = seeded(1)
  let values = 0
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 40) }, () => random() * 256)
    // Mostly heads of structures, or else nearly every input would be one small integer.
    if (random() < 0.8) bytes[0] = 0x80 + random() * 0x60
    try {
      encodeValue(decodeValue(inputOf(bytes)))
      values++
    } catch (error) {
      assert.ok(hasCode("protocol")(error), `${hex(bytes)}: ${String(error)}`)
    }
  }
  assert.ok(values > 1000 && values < 19_000, `both outcomes were met: ${values} values`)
})

test("random values come back as they were", () => {
  const random = seeded(2)
  const pick = (n: number) => Math.floor(random() * n)
  const make = (depth: number): unknown => {
    switch (pick(depth > 0 ? 9 : 7)) {
      case 0:
        return [null, true, false][pick(3)]
      case 1:
        return Math.round((random() - 0.5) * 2 ** pick(53)) + 0
      case 2:
        return (random() - 0.5) * 2 ** (pick(200) - 100)
      case 3:
        return [1n, -1n][pick(2)]! * (2n ** 53n + BigInt(pick(2 ** 32)) * BigInt(pick(2 ** 30)))
      case 4:
        return String.fromCodePoint(...Array.from({ length: pick(40) }, () => pick(0xd800)))
      case 5:
        return Uint8Array.from({ length: pick(300) }, () => pick(256))
      case 6:
        return new Date(Math.round((random() - 0.5) * 1.7e16))
      case 7:
        return Array.from({ length: pick(20) }, () => make(depth - 1))
      default:
        return Object.fromEntries(Array.from({ length: pick(20) }, (_, i) => [`key ${i}`, make(depth - 1)]))
    }
  }
  for (let round = 0; round < 2_000; round++) {
    const value = make(3)
    assert.deepStrictEqual(decode(encodeValue(value)), value)
  }
})

describe("packets", () => {
  const event: Packet = [Kind.Event, "chat:lobby", "say", { text: "hi" }]
  const ack: Packet = [Kind.Ack, 7]

  test("a frame is packets one after another", () => {
    const parts = [msgpack.encode(ack), msgpack.encode(event)]
    const frame = msgpack.join(parts)
    assert.deepStrictEqual(msgpack.decode(frame), [ack, event])
    assert.equal(msgpack.size(frame), parts.reduce((sum, part) => sum + msgpack.size(part), 0))
  })

  test("bytes as a whole are marked; an absent payload is not there", () => {
    const bytes: Packet = [Kind.Event, "", "blob", unhex("0102")]
    assert.equal(hex(msgpack.encode(bytes) as Uint8Array), "9520a0a4626c6f62c402010201")
    assert.deepStrictEqual(msgpack.decode(msgpack.encode(bytes)), [bytes])
    const absent: Packet = [Kind.Reply, 1, undefined]
    assert.equal(hex(msgpack.encode(absent) as Uint8Array), "922201")
    assert.deepStrictEqual(msgpack.decode(msgpack.encode(absent)), [absent])
    const nil: Packet = [Kind.Reply, 1, null]
    assert.deepStrictEqual(msgpack.decode(msgpack.encode(nil)), [nil])
  })

  test("what is no frame of packets is refused with protocol", () => {
    const frames: [string, string | Uint8Array][] = [
      ["text", "[5,1]"],
      ["nothing", unhex("")],
      ["a value that is no array", unhex("c0")],
      ["an array without a kind", unhex("90")],
      ["an unknown kind", unhex("911f")],
      ["a field that is missing", unhex("9105")],
      ["a number where text belongs", unhex("93200101")],
      ["a number that is negative", unhex("9205ff")],
      ["a number beyond 2^53", unhex("9205cf0020000000000000")],
      ["a mark on what is not bytes", unhex("9520a0a1610101")],
      ["a good packet, then half of one", unhex("92050192")],
    ]
    for (const [name, frame] of frames) {
      assert.throws(() => msgpack.decode(frame), hasCode("protocol"), name)
    }
  })
})
