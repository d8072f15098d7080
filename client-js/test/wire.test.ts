import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Kind } from "../src/packet.js"
import { sse } from "../src/transports/sse.js"
import { webSocket } from "../src/transports/websocket.js"
import { all, each, stage, watch } from "./stage.js"

describe("the wire in use", () => {
  test("is doubted when it falls silent under load, and left for another", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect(all())
    await clock.advance(1000)
    const wire = server.conns.find((conn) => conn.open)!
    // It stays open, and nothing comes through any more.
    wire.open = false
    server.fault = (path) => (path == "websocket" ? "hang" : undefined)
    const sent = watch(client.send("num", 1))
    await clock.advance(1900)
    assert.equal(sent(), "waits")
    await clock.advance(500)
    assert.equal(sent(), "ok")
    assert.equal(client.transport, "sse")
  })

  test("is asked for a sign when a flow stops, and left when none comes", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([sse()])
    const heard: unknown[] = []
    client.on("tick", (n) => heard.push(n))
    await clock.advance(1000)
    const session = server.sessions[0]!
    for (let n = 1; n <= 10; n++) {
      session.push([Kind.Event, "", "tick", n])
      await clock.advance(50)
    }
    session.used!.down = () => {}
    for (let n = 11; n <= 20; n++) session.push([Kind.Event, "", "tick", n])
    await clock.advance(4500)
    assert.deepEqual(
      heard,
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
  })

  test("is left when the server skipped numbers, and the session resumed", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    const heard: unknown[] = []
    client.on("tick", (n) => heard.push(n))
    await clock.advance(100)
    const session = server.sessions[0]!
    const wire = session.used!
    wire.down(['[3,5]\n[32,"","tick","wrong"]'])
    await clock.advance(20)
    assert.deepEqual(wire.got.at(-1), [Kind.Close, "leap", "leap", 0])
    session.push([Kind.Event, "", "tick", 1])
    await clock.advance(2000)
    assert.deepEqual(heard, [1])
    assert.equal(server.sessions.length, 1)
  })

  test("hands on what comes twice only once", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    const heard: unknown[] = []
    client.on("tick", (n) => heard.push(n))
    await clock.advance(100)
    const wire = server.conns[0]!
    const frame = ['[3,1]\n[32,"","tick",1]\n[32,"","tick",2]']
    wire.down(frame)
    wire.down(frame)
    await clock.advance(100)
    assert.deepEqual(heard, [1, 2])
  })

  test("answers a ping at once, and acknowledges with it", async () => {
    const { clock, server, connect } = stage()
    connect([webSocket()])
    await clock.advance(100)
    const session = server.sessions[0]!
    session.push([Kind.Event, "", "x", 1])
    session.used!.down(["[6,3]"])
    await clock.advance(server.delay * 2)
    assert.deepEqual(session.used!.got.slice(-2), [
      [Kind.Ack, 1],
      [Kind.Pong, 3],
    ])
  })

  test("acknowledges every 256 packets of a WebSocket", async () => {
    const { clock, server, connect } = stage()
    connect([webSocket()])
    await clock.advance(100)
    const session = server.sessions[0]!
    for (let n = 1; n <= 520; n++) session.push([Kind.Event, "", "x", n])
    await clock.advance(100)
    assert.deepEqual(
      session.used!.got.filter((packet) => packet[0] == Kind.Ack),
      [
        [Kind.Ack, 256],
        [Kind.Ack, 512],
      ],
    )
  })

  test("acknowledges every 32 KiB, as they are on their way", async () => {
    const { clock, server, connect } = stage()
    connect([webSocket()])
    await clock.advance(100)
    const session = server.sessions[0]!
    const acknowledged = () => session.used!.got.filter((packet) => packet[0] == Kind.Ack)
    for (const [n, expected] of [[], [], [[Kind.Ack, 3]]].entries()) {
      session.push([Kind.Event, "", "x", "€".repeat(4000 + n)]) // three bytes each
      await clock.advance(100)
      assert.deepEqual(acknowledged(), expected)
    }
  })

  test("acknowledges a stream after 10 s", async () => {
    const { clock, server, connect } = stage()
    connect([sse()])
    await clock.advance(100)
    const session = server.sessions[0]!
    session.push([Kind.Event, "", "x", 1])
    await clock.advance(9000)
    assert.equal(session.out.acked(), 0)
    await clock.advance(1100)
    assert.equal(session.out.acked(), 1)
  })

  test("is left at some moment within the time that goaway gives", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    await clock.advance(100)
    const first = server.conns[0]!
    first.down(["[9,10000]"])
    await clock.advance(4900)
    assert.equal(first.open, true)
    await clock.advance(300)
    assert.equal(first.open, false)
    assert.equal(client.status, "online")
  })

  test("can be chosen before it opens, and the page is listened to all the same", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect(all())
    client.use([sse()])
    assert.equal(client.status, "connecting")
    assert.equal(server.conns.length, 0)
    await clock.advance(1000)
    assert.equal(client.transport, "sse")
    server.page("park")
    assert.equal(client.status, "offline")
  })

  test("can be chosen while the session lives", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect(all())
    await clock.advance(1000)
    const { session } = client
    for (const [name, transport] of each) {
      client.use([transport()])
      await clock.advance(1000)
      assert.equal(client.transport, name)
      const called = watch(client.call("echo", name))
      await clock.advance(100)
      assert.equal(called(), name)
    }
    assert.equal(client.session, session)
    assert.ok(
      statuses.every((status) => status.status == "online"),
      "nobody was disconnected",
    )
    assert.equal(server.sessions.length, 1)
  })

  test("a better one is tried again later, and taken when it works", async () => {
    const { clock, server, connect } = stage()
    server.fault = (path) => (path == "websocket" ? "refuse" : undefined)
    const { client } = connect(all())
    await clock.advance(10000)
    assert.equal(client.transport, "sse")
    server.fault = () => undefined
    await clock.advance(40000)
    assert.equal(client.transport, "websocket")
  })
})

describe("the page", () => {
  test("that goes for good says so, by a request that outlives it", async () => {
    const { clock, server, connect } = stage()
    connect([webSocket()])
    await clock.advance(100)
    server.page("leave")
    await clock.advance(100)
    const last = server.conns.at(-1)!
    assert.equal(last.path, "send")
    assert.deepEqual(last.got.at(-1), [Kind.Close, "leaving", "", 0])
  })

  test("that sleeps parks, and comes back to the same session", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect(all())
    await clock.advance(1000)
    const { session } = client
    server.page("park")
    await clock.advance(100)
    assert.ok(server.conns.every((conn) => !conn.open))
    await clock.advance(60000)
    assert.equal(client.status, "offline")
    server.page("return")
    await clock.advance(1000)
    assert.equal(client.status, "online")
    assert.equal(client.session, session)
  })
})
