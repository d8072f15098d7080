import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type Client, json, type HawserError } from "../../src/index.js"
import { startLab } from "./lab.js"
import { combinations, connectTo, subjects } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab()

/** Values that arrive as they were sent, with any codec. */
const values: { [name: string]: unknown } = {
  null: null,
  true: true,
  "an integer": 42,
  "the largest safe integer": Number.MAX_SAFE_INTEGER,
  "a negative fraction": -0.1,
  "a large number": 1e300,
  "an empty string": "",
  text: 'line\r\nbreaks, data: "quotes", \u0000, \u2028, 日本語, 👋',
  "an array": [1, "two", null, [3]],
  "an empty object": {},
  "an object": { a: { b: [{ c: "d" }] }, "": 1, ключ: true },
  "no payload": undefined,
  bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
  "no bytes": new Uint8Array(0),
  "100 KB of text": "x".repeat(100_000),
}

/** Values that only MessagePack carries as they are, and what JSON makes of them. */
const richer: { [name: string]: [value: unknown, inJSON: unknown] } = {
  "bytes inside": [{ b: Uint8Array.of(0, 255) }, { b: "AP8=" }],
  "a time": [new Date(Date.UTC(2020, 1, 29, 12)), "2020-02-29T12:00:00.000Z"],
  "a bigint": [2n ** 63n, undefined],
}

function coded(code: string): (error: HawserError) => boolean {
  return (error) => error.name === "HawserError" && error.code === code
}

for (const { subject, codec, name } of combinations()) {
  describe(name, { concurrency: true }, () => {
    const clients: Client[] = []
    const errors: Error[] = []
    function open(token?: string): Client {
      const client = connectTo(lab.url, subject, { codec, ...(token ? { auth: () => token } : {}) }, errors)
      clients.push(client)
      return client
    }

    test("echo returns each type as it was", async (t) => {
      const client = open()
      t.after(() => client.close())
      for (const [type, value] of Object.entries(values))
        assert.deepEqual(await client.call("echo", value), value, type)
    })

    test("echo of what only MessagePack carries as it is", async (t) => {
      const client = open()
      t.after(() => client.close())
      for (const [type, [value, inJSON]] of Object.entries(richer)) {
        const echo = client.call("echo", value)
        if (codec === json && inJSON === undefined) await assert.rejects(echo, coded("bad_request"), type)
        else assert.deepEqual(await echo, codec === json ? inJSON : value, type)
      }
    })

    test("whoami, with a token and without", async (t) => {
      for (const token of [undefined, "anna"]) {
        const client = open(token)
        t.after(() => client.close())
        const { session, user } = await client.call<{ session: string; user: string }>("whoami")
        assert.equal(session, client.session)
        assert.equal(user, token ?? "")
      }
    })

    test("a handler that panics answers internal, and the session goes on", async (t) => {
      const client = open()
      t.after(() => client.close())
      await assert.rejects(client.call("boom"), coded("internal"))
      assert.equal(await client.call("echo", 1), 1)
    })

    test("a call that nobody handles is not found", async (t) => {
      const client = open()
      t.after(() => client.close())
      await assert.rejects(client.call("nothing of that name"), coded("not_found"))
    })

    test("a call can be canceled, and can run out of time", async (t) => {
      const client = open()
      t.after(() => client.close())
      await client.ready
      const abort = new AbortController()
      const slow = client.call("slow", { ms: 60_000 }, { signal: abort.signal })
      const late = client.call("slow", { ms: 60_000 }, { timeout: 50 })
      assert.deepEqual(await client.call("slow", { ms: 1 }, { timeout: 10_000 }), {})
      abort.abort()
      await assert.rejects(slow, coded("canceled"))
      await assert.rejects(late, coded("timeout"))
      await assert.rejects(client.call("slow", { ms: 1 }, { signal: AbortSignal.abort() }), coded("canceled"))
      assert.equal(await client.call("echo", "goes on"), "goes on")
    })

    test("the server calls the client", async (t) => {
      const client = open()
      t.after(() => client.close())
      client.handle<unknown>("answer", async (question) => ({ question, at: await Promise.resolve("once") }))
      assert.deepEqual(await client.call("ask", { question: ["why", 7] }), { question: ["why", 7], at: "once" })
      client.handle("answer", () => {
        throw new Error("secret")
      })
      await assert.rejects(
        client.call("ask", { question: 1 }),
        (error: HawserError) => !error.message.includes("secret"),
      )
    })

    test("channels: join, messages for all members in order, leave", async (t) => {
      const [one, two] = [open(), open()]
      t.after(() => Promise.all([one.close(), two.close()]))
      const channel = `lab:${subject.name}-${codec.name}`
      const heard: { [who: string]: number[] } = { one: [], two: [] }
      const [ours, theirs] = [one.channel(channel), two.channel(channel)]
      ours.on<{ n: number; pad: string }>("beat", ({ n, pad }) => heard.one!.push(pad.length === 500 ? n : NaN))
      theirs.on<{ n: number }>("beat", ({ n }) => heard.two!.push(n))
      await Promise.all([ours.join(), theirs.join()])
      assert.deepEqual([ours.status, theirs.status], ["joined", "joined"])

      await ours.call("flood", { event: "beat", count: 200, hz: 1000, size: 500 })
      await until("all have heard all", () => heard.one!.length >= 200 && heard.two!.length >= 200)
      await theirs.leave()
      assert.equal(theirs.status, "left")
      await ours.call("flood", { event: "beat", count: 10, hz: 0, size: 500 })
      await until("who stayed has heard more", () => heard.one!.length >= 210)
      await two.call("echo")
      const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)
      assert.deepEqual(heard, { one: [...numbers(200), ...numbers(10)], two: numbers(200) })
    })

    test("a locked channel is forbidden", async (t) => {
      const client = open()
      t.after(() => client.close())
      const room = client.channel("locked:room")
      // The answer to a first flight may come before the race is decided.
      await Promise.all([client.ready, assert.rejects(room.join(), coded("forbidden"))])
      assert.equal(room.status, "left")
      assert.equal(client.status, "online")
    })

    test("what is over the limit is refused here, and nothing else is lost", async (t) => {
      const client = open()
      t.after(() => client.close())
      await client.ready
      const size = 1 << 20
      await assert.rejects(client.send("num", "x".repeat(size)), coded("payload_too_large"))
      await assert.rejects(client.call("echo", new Uint8Array(size)), coded("payload_too_large"))
      const fits = "x".repeat(size - 100)
      assert.ok((await client.call("echo", fits)) === fits)
      assert.equal(client.status, "online")
    })

    test("a refused token is final", async () => {
      const client = open("bad")
      await assert.rejects(client.ready, coded("unauthorized"))
      assert.equal(client.status, "closed")
      await assert.rejects(client.call("echo", 1), coded("not_sent"))
    })

    test("what is sent before there is a connection goes out in order, and after close not at all", async () => {
      const client = open()
      const run = `early ${name}`
      const sends = [1, 2, 3].map((n) => client.send("num", { run, n }))
      assert.deepEqual(await client.call("nums", { run }), { list: [1, 2, 3] })
      await Promise.all(sends)
      const last = client.send("num", { run, n: 4 })
      await client.close()
      await last
      assert.equal(client.status, "closed")
      await assert.rejects(client.send("num", { run, n: 5 }), coded("not_sent"))
      await assert.rejects(client.call("echo", 1), coded("not_sent"))
      const other = open()
      assert.deepEqual(await other.call("nums", { run }), { list: [1, 2, 3, 4] })
      await other.close()
    })
  })
}

test("each transport says its name", async () => {
  for (const subject of subjects) {
    const client = connectTo(lab.url, subject)
    const wanted = subject.transports?.[0]?.name ?? "websocket"
    await until(`${subject.name} uses ${wanted}`, () => client.transport === wanted)
    await client.close()
  }
})
