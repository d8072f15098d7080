import assert from "node:assert/strict"
import { test } from "node:test"
import { fromBase64, toBase64, zeros } from "../src/legacy/bytes.js"

test("base64 of every length and every byte is encoded and decoded", () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => (i * 167) % 256))
  for (let length = 0; length <= all.length; length++) {
    const bytes = all.subarray(0, length)
    assert.equal(toBase64(bytes.toString("latin1")), bytes.toString("base64"))
    assert.equal(fromBase64(bytes.toString("base64")), bytes.toString("latin1"))
  }
})

test("zeros stand in for a Uint8Array", () => {
  const Bytes = zeros as unknown as new (n: number) => number[]
  assert.deepEqual(new Bytes(3), [0, 0, 0])
  assert.deepEqual(new Bytes(0), [])
})
