import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Encoded } from "../src/codecs/codec.js"
import { isHawserError } from "../src/errors.js"
import { eventStream } from "../src/streams/eventstream.js"
import { lengthPrefixed } from "../src/streams/lengthprefixed.js"
import { MAX_FRAME, type Reader } from "../src/streams/reader.js"

const malformed = (error: unknown) => isHawserError(error) && error.code === "protocol"

function collect(reader: Reader, chunks: Encoded[]): Encoded[] {
  const frames: Encoded[] = []
  const read = reader((frame) => frames.push(frame))
  for (const chunk of chunks) read(chunk)
  return frames
}

/** All ways to cut something in two, and into single pieces. */
function* cuts<T extends Encoded>(whole: T): Generator<T[]> {
  for (let i = 0; i <= whole.length; i++) yield [whole.slice(0, i) as T, whole.slice(i) as T]
  yield Array.from({ length: whole.length }, (_, i) => whole.slice(i, i + 1) as T)
}

describe("server-sent events", () => {
  const cases: [string, string, string[]][] = [
    ["one event", "data: [6]\n\n", ["[6]"]],
    ["two packets in an event", "data: [6]\ndata: [7]\n\n", ["[6]\n[7]"]],
    ["two events", "data: [6]\n\ndata: [7]\n\n", ["[6]", "[7]"]],
    ["no space, and only one is taken away", "data:[6]\ndata:  [7]\n\n", ["[6]\n [7]"]],
    ["comments and other fields", ":\n\nevent: x\nid: 1\ndata: [6]\nretry: 5\n\n", ["[6]"]],
    ["CR LF", "data: [6]\r\ndata: [7]\r\n\r\n:\r\n\r\n", ["[6]\n[7]"]],
    ["CR", "data: [6]\rdata: [7]\r\rdata: [5,1]\r\r\n", ["[6]\n[7]", "[5,1]"]],
    ["an event that was not finished", "data: [6]\n", []],
    ["no stream at all", "<html>\n<body>\n\n", []],
  ]
  for (const [name, stream, frames] of cases) {
    test(name + ", however it was cut", () => {
      for (const chunks of cuts(stream)) assert.deepEqual(collect(eventStream, chunks), frames, JSON.stringify(chunks))
    })
  }
  test("a line without end is not kept for ever", () => {
    const read = eventStream(() => {})
    assert.throws(() => {
      for (let i = 0; i < 20; i++) read("x".repeat(1 << 20))
    }, malformed)
  })
  test("an event without end is not kept for ever", () => {
    const read = eventStream(() => {})
    const line = "data: " + "x".repeat(1 << 20) + "\n"
    assert.throws(() => {
      for (let i = 0; i < 20; i++) read(line)
    }, malformed)
  })
})

describe("frames behind their length", () => {
  const stream = new Uint8Array([0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 5, 1])

  test("however they were cut", () => {
    for (const chunks of cuts(stream)) {
      assert.deepEqual(collect(lengthPrefixed, chunks), [new Uint8Array([7, 8]), new Uint8Array([9])])
    }
  })
  test("a length that is too large is an error before there is room for it", () => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, MAX_FRAME + 1)
    assert.throws(() => collect(lengthPrefixed, [bytes]), malformed)
  })
})
