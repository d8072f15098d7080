import assert from "node:assert/strict"
import { test } from "node:test"
import { TinyPromise } from "../src/legacy/promise.js"

// Awaiting one of these works because it is a thenable: what is tested is the tiny promise, driven by the real one.
const tiny = TinyPromise

test("resolves, once, with the first word", async () => {
  const promise = tiny((resolve, reject) => {
    resolve(1)
    reject(new Error("late"))
    resolve(2)
  })
  assert.equal(await promise, 1)
})

test("an executor that throws rejects, unless it has decided already", async () => {
  const boom = new Error("boom")
  const thrower = tiny(() => {
    throw boom
  })
  await assert.rejects(async () => thrower, boom)
  const decided = tiny((resolve) => {
    resolve("fine")
    throw boom
  })
  assert.equal(await decided, "fine")
})

test("callbacks run later, never inside then, in the order of registration", async () => {
  const seen: string[] = []
  const promise = tiny.resolve("x")
  const first = promise.then(() => seen.push("first"))
  const second = promise.then(() => seen.push("second"))
  seen.push("after")
  await first
  await second
  assert.deepEqual(seen, ["after", "first", "second"])
})

test("then waits for what its callback returns, and passes on what it does not handle", async () => {
  const later = tiny((resolve) => setImmediate(() => resolve(20)))
  assert.equal(await tiny.resolve(1).then(() => later).then((n) => Number(n) + 1), 21)
  assert.equal(await tiny.resolve(7).then(null, () => 0).catch(() => 0), 7)
  const boom = new Error("boom")
  assert.equal(await tiny.reject(boom).then(() => "no").catch((error) => error), boom)
})

test("a callback that throws rejects what follows", async () => {
  const boom = new Error("boom")
  const caught = await tiny.resolve(1).then(() => {
    throw boom
  }).catch((error) => error)
  assert.equal(caught, boom)
})

test("a thenable counts by its first word, and one whose then cannot be read rejects", async () => {
  const twice = {
    then(fulfil: (value: unknown) => void, reject: (reason: unknown) => void) {
      fulfil("once")
      reject(new Error("twice"))
      throw new Error("thrice")
    },
  }
  assert.equal(await tiny.resolve(twice), "once")
  const hostile = Object.defineProperty({}, "then", {
    get() {
      throw new TypeError("hostile")
    },
  })
  await assert.rejects(async () => tiny.resolve(hostile), TypeError)
})

test("a promise cannot wait for itself", async () => {
  const self = tiny.resolve(1).then((): unknown => self)
  await assert.rejects(async () => self, TypeError)
})

test("what nobody handles is silent", async () => {
  tiny.reject(new Error("nobody listens"))
  assert.equal(await tiny.resolve("goes on"), "goes on")
})

test("jobs that jobs add run as well", async () => {
  let count = 0
  const chain = (n: number): ReturnType<typeof tiny> =>
    tiny.resolve(n).then((left) => {
      count++
      return Number(left) > 0 ? chain(Number(left) - 1) : "done"
    })
  assert.equal(await chain(50), "done")
  assert.equal(count, 51)
})

test("can be called with new, as shared code does", async () => {
  type Executor = (resolve: (value: number) => void) => void
  const Constructor = tiny as unknown as new (executor: Executor) => PromiseLike<number>
  assert.equal(await new Constructor((resolve) => resolve(3)), 3)
})
