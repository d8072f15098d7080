import assert from "node:assert/strict"
import { afterEach, describe, test } from "node:test"
import { after, recall, remember } from "../src/platforms/browser.js"

/** Has pages keep what they remember in this. */
function storage(get: () => unknown): void {
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get })
}

afterEach(() => {
  delete (globalThis as { localStorage?: unknown }).localStorage
})

test("no timer is too long for setTimeout, which goes off at once then", (t) => {
  const times: number[] = []
  t.mock.method(globalThis, "setTimeout", (_: () => void, ms: number) => times.push(ms))
  for (const ms of [0, 500, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, Infinity]) after(ms, () => {})
  assert.deepEqual(times.slice(0, 2), [0, 500])
  assert.ok(
    times.slice(2).every((ms) => ms > 1e9 && ms < 2 ** 31),
    times.join(),
  )
})

describe("the memory of what worked", () => {
  test("is kept for a day", (t) => {
    const stored = {}
    storage(() => stored)
    t.mock.timers.enable({ apis: ["Date"], now: 1000 })
    remember("http://a/realtime/", "sse")
    assert.equal(recall("http://a/realtime/"), "sse")
    assert.equal(recall("http://b/realtime/"), undefined)
    t.mock.timers.tick(24 * 3600 * 1000 - 1)
    assert.equal(recall("http://a/realtime/"), "sse")
    t.mock.timers.tick(1)
    assert.equal(recall("http://a/realtime/"), undefined)
  })

  test("is none in Safari's private mode, which throws when something is stored", () => {
    const full = new Proxy({}, {
      set() {
        throw new Error("QuotaExceededError")
      },
    })
    storage(() => full)
    remember("a", "sse")
    assert.equal(recall("a"), undefined)
  })

  test("is none where a page may not even look", () => {
    storage(() => {
      throw new Error("SecurityError")
    })
    remember("a", "sse")
    assert.equal(recall("a"), undefined)
  })

  test("is none where somebody else wrote something", () => {
    storage(() => ({ "hawser:a": 7, "hawser:b": "sse", "hawser:c": "" }))
    for (const name of ["a", "b", "c"]) assert.equal(recall(name), undefined, name)
  })
})
