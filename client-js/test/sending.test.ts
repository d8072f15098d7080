import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type HawserError, hawserError } from "../src/errors.js"
import { Kind } from "../src/packet.js"
import { polling } from "../src/transports/polling.js"
import { sse } from "../src/transports/sse.js"
import { webSocket } from "../src/transports/websocket.js"
import { all, events, stage, watch } from "./stage.js"

describe("what goes up by POST", () => {
  test("comes once, though every other answer is lost", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([sse()])
    await clock.advance(100)
    let posts = 0
    let lost = 0
    server.fault = (path) => (path == "send" && ++posts % 2 ? (lost++, "lose answer") : undefined)
    const outcomes: (() => unknown)[] = []
    for (let i = 0; i < 40; i++) {
      outcomes.push(watch(client.send("num", i)))
      if (i % 10 == 9) await clock.advance(1000)
    }
    assert.ok(lost >= 4, "answers were lost: " + lost)
    assert.ok(outcomes.every((outcome) => outcome() == "ok"))
    assert.deepEqual(
      events(server.sessions[0]!.accepted).map(([, n]) => n),
      Array.from({ length: 40 }, (_, i) => i),
    )
  })

  test("goes one request at a time", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([sse()])
    await clock.advance(100)
    const before = server.conns.length
    for (let i = 0; i < 100; i++) void client.send("num", i)
    await clock.advance(5)
    assert.equal(server.conns.length - before, 1)
    await clock.advance(100)
    assert.equal(server.conns.length - before, 2, "what gathered meanwhile went together")
  })

  test("gathers no more than proxies take", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([sse()])
    await clock.advance(100)
    const bodies: number[] = []
    server.fault = (path, body) => {
      bodies.push(body.length)
      return path == "send" && body.length > 131_072 ? { status: 413, body: "<html>" } : undefined
    }
    const sent = Array.from({ length: 600 }, (_, n) => watch(client.send("num", { n, pad: "x".repeat(1000) })))
    await clock.advance(1000)
    assert.deepEqual(new Set(sent.map((outcome) => outcome())), new Set(["ok"]))
    assert.ok(bodies.length >= 5 && bodies.length <= 10, "so many requests: " + bodies.length)
    server.fault = () => undefined
    const large = watch(client.call("echo", "x".repeat(1_000_000)))
    await clock.advance(100)
    assert.equal(String(large()).length, 1_000_000, "what is larger goes by itself")
  })

  test("waits when the server is busy, and then brings the rest", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([sse()])
    await clock.advance(100)
    server.fault = (path) => (path == "send" ? { status: 200, body: '[5,0]\n[8,"busy","",3000]' } : undefined)
    const sent = watch(client.send("num", 1))
    await clock.advance(100)
    server.fault = () => undefined
    await clock.advance(2800)
    assert.equal(sent(), "waits")
    await clock.advance(300)
    assert.equal(sent(), "ok")
    assert.equal(statuses.length, 1, "busy is no reason to reconnect")
  })

  test("poll answers that are lost come again", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([polling()])
    const heard: unknown[] = []
    client.on("tick", (n) => heard.push(n))
    await clock.advance(1000)
    let polls = 0
    let lost = 0
    server.fault = (path) => (path == "poll" && ++polls % 3 == 0 ? (lost++, "lose answer") : undefined)
    for (let n = 1; n <= 50; n++) {
      server.sessions[0]!.push([Kind.Event, "", "tick", n])
      await clock.advance(15)
    }
    await clock.advance(30000)
    assert.ok(lost > 3)
    assert.deepEqual(
      heard,
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
    assert.equal(statuses.length, 1, "one answer that is lost is no reason to reconnect")
  })
})

describe("what is sent while offline", () => {
  test("waits within bounds, and goes out in order", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "refuse"
    const { client, errors } = connect(all())
    const outcomes = Array.from({ length: 4097 }, (_, i) => watch(client.send("num", i)))
    await clock.advance(10)
    assert.equal(outcomes[4096]!(), "not_sent")
    assert.deepEqual(errors, ["not_sent"])
    assert.equal(outcomes[4095]!(), "waits")
    server.fault = () => undefined
    await clock.advance(10000)
    assert.ok(outcomes.slice(0, 4096).every((outcome) => outcome() == "ok"))
    assert.deepEqual(
      events(server.sessions[0]!.accepted).map(([, n]) => n),
      Array.from({ length: 4096 }, (_, i) => i),
    )
  })

  test("is not sent when the client is closed before", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "refuse"
    const { client } = connect(all())
    await clock.advance(310)
    assert.equal(client.status, "offline")
    const outcomes = [client.send("x"), client.call("x"), client.channel("c").join(), client.ready].map(watch)
    const closed = watch(client.close())
    await clock.advance(10)
    assert.equal(closed(), "ok")
    assert.deepEqual(
      outcomes.map((outcome) => outcome()),
      ["not_sent", "not_sent", "not_sent", "closed"],
    )
  })

  test("goes out before the end when the client is closed while it connects", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect(all())
    const sent = watch(client.send("x", 1))
    const closed = watch(client.close())
    assert.equal(client.status, "closing")
    await clock.advance(1000)
    assert.deepEqual([sent(), closed()], ["ok", "ok"])
    assert.deepEqual(
      server.sessions.map((session) => session.accepted.map((packet) => packet[0])),
      [[Kind.Event, Kind.End]],
    )
    assert.deepEqual([statuses.at(-1)!.status, statuses.at(-1)!.error], ["closed", undefined])
    await clock.advance(100)
    assert.equal(clock.pending(), 0, "no timer is left behind")
  })

  test("is given up 2 s after the client was closed, if the server says nothing", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "hang"
    const { client } = connect(all())
    const outcomes = [client.send("x", 1), client.call("x"), client.channel("c").join()].map(watch)
    const closed = watch(client.close())
    await clock.advance(1999)
    assert.equal(closed(), "waits")
    await clock.advance(1)
    assert.equal(closed(), "ok")
    assert.deepEqual(
      outcomes.map((outcome) => outcome()),
      ["unknown_outcome", "unknown_outcome", "unknown_outcome"],
    )
    await clock.advance(100)
    assert.equal(clock.pending(), 0, "no timer is left behind")
  })

  test("is refused at once where no server would take it", async () => {
    const { clock, connect } = stage()
    const { client } = connect(all())
    const outcomes = [
      client.send("big", "x".repeat(1 << 20)),
      client.send("", 1),
      client.send("a\nb"),
      client.send("n", 1n),
      client.send("f", NaN),
    ]
    const codes = outcomes.map(watch)
    await clock.advance(10)
    assert.deepEqual(
      codes.map((code) => code()),
      ["payload_too_large", "bad_request", "bad_request", "bad_request", "bad_request"],
    )
  })

  test("is refused when the server turns out to take less", async () => {
    const { clock, server, connect } = stage()
    server.limit = 1000
    const { client } = connect([webSocket()])
    void client.send("first", "x".repeat(20000))
    const big = watch(client.send("big", "x".repeat(2000)))
    const small = watch(client.send("small", 1))
    await clock.advance(100)
    assert.deepEqual([big(), small()], ["payload_too_large", "ok"])
  })
})

describe("calls", () => {
  test("with a time that is none are refused at once", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    const outcomes = [1.5, -1, NaN, Infinity].map((timeout) => watch(client.call("echo", 1, { timeout })))
    const fine = watch(client.call("echo", 1, { timeout: 0 }))
    await clock.advance(1000)
    assert.deepEqual(new Set(outcomes.map((outcome) => outcome())), new Set(["bad_request"]))
    assert.equal(fine(), 1)
    assert.equal(server.sessions[0]!.accepted.length, 1)
  })

  test("time out, and the server is told", async () => {
    const { clock, server, connect } = stage()
    server.handle = () => {}
    const { client } = connect([webSocket()])
    await clock.advance(100)
    const called = watch(client.call("slow", 1, { timeout: 500 }))
    await clock.advance(499)
    assert.equal(called(), "waits")
    await clock.advance(50)
    assert.equal(called(), "timeout")
    assert.deepEqual(server.sessions[0]!.accepted, [
      [Kind.Call, 1, "", "slow", 500, 1],
      [Kind.Cancel, 1],
    ])
  })

  test("are canceled by their signal", async () => {
    const { clock, server, connect } = stage()
    server.handle = () => {}
    const { client } = connect([webSocket()])
    await clock.advance(100)
    const abort = new AbortController()
    const called = watch(client.call("slow", 1, { signal: abort.signal }))
    const never = watch(client.call("never", 1, { signal: AbortSignal.abort() }))
    await clock.advance(50)
    abort.abort()
    await clock.advance(50)
    assert.deepEqual([called(), never()], ["canceled", "canceled"])
    assert.deepEqual(
      server.sessions[0]!.accepted.map((packet) => packet[0]),
      [Kind.Call, Kind.Cancel],
    )
  })

  test("that were not sent are taken back: the server never hears of them", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "refuse"
    const { client } = connect([webSocket()])
    const called = watch(client.call("slow", 1, { timeout: 500 }))
    await clock.advance(600)
    assert.equal(called(), "timeout")
    server.fault = () => undefined
    await clock.advance(5000)
    assert.equal(client.status, "online")
    assert.deepEqual(server.sessions[0]!.accepted, [])
  })

  test("fail with the server's error", async () => {
    const { clock, server, connect } = stage()
    server.handle = (session, packet) =>
      session.push([Kind.Error, packet[1] as number, "bad_request", "no text", { field: "text" }])
    const { client } = connect([webSocket()])
    let error: HawserError | undefined
    client.call("say").catch((caught: HawserError) => (error = caught))
    await clock.advance(100)
    assert.deepEqual([error!.code, error!.message, error!.data], ["bad_request", "no text", { field: "text" }])
  })

  test("of the server that are answered after the end are no error", async () => {
    const { clock, server, connect } = stage()
    const { client, errors } = connect([webSocket()])
    let answer = (_: string) => {}
    client.handle("ask", () => new Promise<string>((resolve) => (answer = resolve)))
    await clock.advance(100)
    server.sessions[0]!.push([Kind.Call, 1, "", "ask", 0, undefined])
    await clock.advance(100)
    void client.close()
    await clock.advance(100)
    answer("too late")
    await clock.advance(100)
    assert.equal(client.status, "closed")
    assert.deepEqual(errors, [])
  })

  test("of the server are answered", async () => {
    const { clock, server, connect } = stage()
    const { client, errors } = connect([webSocket()])
    client.handle("add", ([a, b]: [number, number]) => a + b)
    client.handle("later", async (x) => x)
    client.handle("bug", () => {
      throw new Error("a secret")
    })
    client.handle("refuse", () => {
      throw hawserError("forbidden", "not you")
    })
    client.handle("never", () => new Promise(() => {}))
    await clock.advance(100)
    const session = server.sessions[0]!
    const calls: [string, unknown][] = [
      ["add", [1, 2]],
      ["later", "x"],
      ["bug", 0],
      ["refuse", 0],
      ["none", 0],
      ["never", 0],
    ]
    calls.forEach(([event, data], i) => session.push([Kind.Call, i + 1, "", event, 0, data]))
    session.push([Kind.Cancel, 6])
    await clock.advance(100)
    const answers = session.accepted.slice().sort((a, b) => (a[1] as number) - (b[1] as number))
    assert.deepEqual(answers, [
      [Kind.Reply, 1, 3],
      [Kind.Reply, 2, "x"],
      [Kind.Error, 3, "internal", "internal", undefined],
      [Kind.Error, 4, "forbidden", "not you", undefined],
      [Kind.Error, 5, "not_found", "not_found", undefined],
      [Kind.Error, 6, "canceled", "canceled", undefined],
    ])
    assert.ok(errors.includes("a secret"), "who wrote the handler hears of it")
  })
})
