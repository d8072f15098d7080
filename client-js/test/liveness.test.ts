import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { begin, heard, probeAt, suspectAt, waits } from "../src/liveness.js"

const at = 1000 // when the wire was welcomed
const quiet = () => begin(at, 100, 25000, 0)

describe("a wire is suspected", () => {
  test("10 s after a heartbeat is overdue", () => {
    const signs = quiet()
    assert.equal(suspectAt(signs), at + 35000)
    heard(signs, 5000)
    assert.equal(suspectAt(signs), 40000)
  })
  test("when what was sent makes no progress: 2 s, and the time that its bytes need", () => {
    const signs = quiet()
    waits(signs, 3000, 16384, 0)
    assert.equal(suspectAt(signs), 3000 + 2000 + 1000)
    waits(signs, 3500, 32768, 0)
    assert.equal(suspectAt(signs), 3000 + 2000 + 1000, "more to send puts nothing off")
  })
  test("after four round trips where those take longer", () => {
    const signs = begin(at, 800, 25000, 1)
    assert.ok(Math.abs(suspectAt(signs) - (at + 3200)) < 1)
  })
  test("not when all was acknowledged", () => {
    const signs = quiet()
    waits(signs, 3000, 100, 0)
    waits(signs, 3100, 0, 100)
    assert.equal(suspectAt(signs), at + 35000)
  })
  test("later after each progress", () => {
    const signs = quiet()
    waits(signs, 3000, 200, 0)
    waits(signs, 4000, 100, 100)
    assert.ok(suspectAt(signs) >= 6000)
  })
  test("later each time that a suspicion led to nothing", () => {
    const signs = begin(at, 0, 25000, 1)
    const first = suspectAt(signs) - at
    signs.patience *= 2
    assert.equal(suspectAt(signs) - at, 2 * first)
    const next = begin(at, 0, 25000, 1, signs)
    assert.equal(suspectAt(next) - at, 2 * first, "on the next wire too")
    waits(next, at, 1, 1)
    assert.equal(suspectAt(next) - at, first, "until something got through")
  })
  test("2 s after it was asked for a sign that does not come", () => {
    const signs = quiet()
    signs.probed = 4000
    assert.equal(suspectAt(signs), 6000)
    heard(signs, 4500)
    assert.equal(suspectAt(signs), 39500)
  })
})

describe("the rate", () => {
  test("is measured by what got through", () => {
    const signs = begin(at, 0, 25000, 65536)
    waits(signs, at + 1000, 0, 65536)
    assert.equal(signs.rate, (16384 + 65536) / 2)
  })
  test("is not measured by small amounts", () => {
    const signs = begin(at, 0, 25000, 100)
    waits(signs, at + 1000, 0, 100)
    assert.equal(signs.rate, 16384)
  })
  test("stays when the wire changes", () => {
    const signs = quiet()
    signs.rate = 5
    assert.equal(begin(at, 0, 25000, 0, signs).rate, 5)
  })
})

describe("a sign is asked for", () => {
  test("2 s after a steady flow stopped, once", () => {
    const signs = quiet()
    for (let i = 0; i < 8; i++) heard(signs, 5000 + i * 100)
    assert.equal(probeAt(signs), Infinity, "a few frames are no flow")
    heard(signs, 5800)
    assert.equal(probeAt(signs), 7800)
    signs.probed = 7800
    assert.equal(probeAt(signs), Infinity)
    heard(signs, 7900)
    assert.equal(probeAt(signs), Infinity, "its answer is no flow")
  })
  test("not of a quiet wire", () => assert.equal(probeAt(quiet()), Infinity))
})
