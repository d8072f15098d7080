// What becomes of what was sent when a session is lost: docs/protocol.md §10.

import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Kind, type Packet } from "../src/packet.js"
import { sse } from "../src/transports/sse.js"
import { webSocket } from "../src/transports/websocket.js"
import { hellos, stage, watch } from "./stage.js"

const names = (packets: Packet[]) => packets.map((packet) => (packet[0] == Kind.Call ? packet[3] : packet[2]))

/**
 * A client that has joined a channel, and sent of each kind: one that the server accepted but never said so, one that
 * is lost with the connection, and one that never left. The connection is gone; `reconnect` lets it come back.
 */
async function parted() {
  const { clock, server, connect } = stage()
  const { client, statuses } = connect([webSocket()])
  const room = client.channel("a")
  void room.join()
  await clock.advance(100)
  const { handle } = server
  server.acknowledges = false
  server.handle = () => {}
  const say = (when: string) => [
    watch(client.send(when + " event", 1)),
    watch(client.call("echo", when + " call")),
    watch(room.publish(when + " publication", 1)),
  ]
  const accepted = say("accepted")
  await clock.advance(20)
  const lost = say("lost")
  const wire = server.conns.at(-1)!
  wire.cut()
  await clock.advance(1)
  server.fault = () => "refuse"
  await clock.advance(50)
  const unsent = say("unsent")
  const conns = server.conns.length
  const outcomes = (all: (() => unknown)[]) => all.map((outcome) => outcome())
  return {
    clock,
    server,
    client,
    statuses,
    outcomes: () => [accepted, lost, unsent].map(outcomes),
    async reconnect() {
      server.acknowledges = true
      server.fault = () => undefined
      server.handle = (session, packet) => {
        handle(session, packet)
        if (packet[0] == Kind.Publish) session.push([Kind.Reply, packet[1], { epoch: "e", offset: 8 }])
      }
      await clock.advance(5000)
      return { session: server.sessions.at(-1)!, wires: server.conns.slice(conns) }
    },
  }
}

const [waits, unknown, position] = ["waits", "unknown_outcome", { epoch: "e", offset: 8 }]

describe("when a session was lost", () => {
  test("what it had accepted is done, or unknown if it has an answer; the rest goes again, in order, first", async () => {
    const { server, reconnect, outcomes } = await parted()
    const before = server.sessions[0]!
    server.expire()
    assert.deepEqual(outcomes(), [
      [waits, waits, waits],
      [waits, waits, waits],
      [waits, waits, waits],
    ])
    const { session } = await reconnect()
    assert.notEqual(session, before)
    assert.deepEqual(outcomes(), [
      ["ok", unknown, unknown],
      ["ok", "lost call", position],
      ["ok", "unsent call", position],
    ])
    assert.deepEqual(names(before.accepted), ["a", "accepted event", "echo", "a"])
    assert.deepEqual(
      session.accepted.map((packet) => packet[0]),
      [Kind.Join, ...Array.from({ length: 2 }, () => [Kind.Event, Kind.Call, Kind.Publish]).flat()],
    )
    assert.deepEqual(
      session.accepted.flatMap((packet) => (packet[0] == Kind.Event ? [packet[2]] : [])),
      ["lost event", "unsent event"],
    )
  })

  test("and the server knows nothing of it any more, what had left is unknown, the rest goes", async () => {
    const { server, reconnect, outcomes } = await parted()
    server.forget()
    const { session } = await reconnect()
    assert.deepEqual(outcomes(), [
      [unknown, unknown, unknown],
      [unknown, unknown, unknown],
      ["ok", "unsent call", position],
    ])
    assert.equal(session.accepted.length, 4)
  })

  test("and is alive, but the server sent its end, it is asked all the same", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    await clock.advance(100)
    server.acknowledges = false
    const sent = watch(client.send("x"))
    await clock.advance(20)
    server.sessions[0]!.push([Kind.End, "overflow", "", 1000])
    await clock.advance(20)
    assert.equal(sent(), "waits")
    await clock.advance(3000)
    assert.equal(sent(), "ok")
    assert.deepEqual(server.sessions[0]!.accepted, [])
  })

  test("and its end says how much it had accepted, nobody is asked: it is done, and the rest goes wherever the next begins", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    const room = client.channel("a")
    void room.join()
    await clock.advance(100)
    server.acknowledges = false
    server.handle = () => {}
    const outcomes = [client.send("accepted"), client.call("accepted"), room.publish("accepted")].map(watch)
    await clock.advance(20)
    const [before] = server.sessions
    before!.push([Kind.End, "going_away", "", 500, before!.in.received()])
    // It hears nothing more, and where the client comes next nobody knows of it.
    server.expire()
    server.forget()
    outcomes.push(watch(client.send("late")))
    await clock.advance(20)
    outcomes.push(watch(client.send("later")))
    assert.deepEqual(outcomes.map((outcome) => outcome()), ["ok", unknown, unknown, "waits", "waits"])
    server.acknowledges = true
    await clock.advance(1000)
    assert.deepEqual(outcomes.map((outcome) => outcome()), ["ok", unknown, unknown, "ok", "ok"])
    assert.deepEqual(names(before!.accepted), ["a", "accepted", "accepted", "a"])
    assert.deepEqual(names(server.sessions[0]!.accepted), ["a", "late", "later"])
    assert.equal(hellos(server.conns.at(-1)!.got)[0]!.lost, undefined)
  })

  test("it is named, and only joins go before the answer", async () => {
    const { server, reconnect } = await parted()
    const { sid, key } = server.sessions[0]!
    server.expire()
    const { wires, session } = await reconnect()
    const [resuming, creating] = wires.map((wire) => wire.got)
    assert.equal(resuming![0]![0] == Kind.Hello && resuming![0]![1].sid, sid)
    const hello = creating![0]!
    assert.deepEqual(hello[0] == Kind.Hello && [hello[1].sid, hello[1].lost], [undefined, { sid, key }])
    const later = creating!.findIndex((packet) => packet[0] == Kind.Event)
    const early = new Set(creating!.slice(0, later).map((packet) => packet[0]))
    // What went with the hello goes once more on the wire that is used.
    assert.deepEqual(early, new Set([Kind.Hello, Kind.Start, Kind.Join]))
    assert.equal(session.sid, server.sessions.at(-1)!.sid)
  })

  test("once it is known what became of it, it is not named any more", async () => {
    const { clock, server, client, reconnect } = await parted()
    server.expire()
    await reconnect()
    client.cut()
    await clock.advance(2000)
    const hello = server.conns.at(-1)!.got[0]!
    assert.ok(hello[0] == Kind.Hello && hello[1].sid)
    assert.equal(hello[1].lost, undefined)
  })

  test("what is closed meanwhile is unknown", async () => {
    const { client, server, outcomes, clock } = await parted()
    server.expire()
    void client.close()
    await clock.advance(100)
    assert.deepEqual(outcomes(), [
      [unknown, unknown, unknown],
      [unknown, unknown, unknown],
      ["not_sent", "not_sent", "not_sent"],
    ])
  })

  test("a call that is withdrawn meanwhile is not made, or withdrawn", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    await clock.advance(100)
    const abort = new AbortController()
    const called = watch(client.call("echo", 1, { signal: abort.signal }))
    server.conns.at(-1)!.cut()
    server.expire()
    abort.abort()
    await clock.advance(3000)
    assert.equal(called(), "canceled")
    const kinds = server.sessions[0]!.accepted.map((packet) => packet[0])
    assert.deepEqual(kinds, [Kind.Call, Kind.Cancel])
  })

  test("the answers to its calls are not given to the next one, which counts anew", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    const answer: ((value: unknown) => void)[] = []
    client.handle("ask", () => new Promise((resolve) => answer.push(resolve)))
    await clock.advance(100)
    server.sessions[0]!.push([Kind.Call, 1, "", "ask", 0, undefined])
    await clock.advance(100)
    server.forget()
    server.conns.at(-1)!.cut()
    await clock.advance(2000)
    const session = server.sessions[0]!
    session.push([Kind.Call, 1, "", "ask", 0, undefined])
    await clock.advance(100)
    answer[0]!("of the lost one")
    await clock.advance(100)
    assert.deepEqual(session.accepted, [])
    answer[1]!("of this one")
    await clock.advance(100)
    assert.deepEqual(session.accepted, [[Kind.Reply, 1, "of this one"]])
  })

  test("and was never known by its id, nobody can be asked: what had left is unknown, the rest goes", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "swallow"
    const { client } = connect([webSocket()])
    const left = watch(client.send("left", 1))
    await clock.advance(100)
    server.expire()
    const waits = watch(client.send("waits", "for more room than there is beside a hello".repeat(500)))
    server.fault = () => undefined
    await clock.advance(60_000)
    assert.equal(client.status, "online")
    assert.deepEqual([left(), waits()], ["unknown_outcome", "ok"])
  })

  test("a channel that was joined and left before is left in the next one", async () => {
    const { clock, server, client, reconnect } = await parted()
    const room = client.channel("b")
    const outcomes = [watch(room.join()), watch(room.leave())]
    server.expire()
    const { session } = await reconnect()
    const moves = session.accepted.flatMap((packet) => (packet[2] == "b" ? [packet[0]] : []))
    assert.deepEqual(moves, [Kind.Join, Kind.Leave])
    await clock.advance(1000)
    assert.deepEqual(
      outcomes.map((outcome) => outcome()),
      ["canceled", "ok"],
    )
  })

  test("a channel is joined before anything goes again, also where the wire that was to bring the join is dead", async () => {
    const { server, client, reconnect } = await parted()
    server.expire()
    server.platform.recall = () => "websocket"
    server.platform.WebSocket = function () {
      return { send() {}, close() {} }
    } as never
    client.use([webSocket(), sse()])
    const { session } = await reconnect()
    const first = session.accepted.map((packet) => packet[0])
    assert.deepEqual(first.slice(0, 2), [Kind.Join, Kind.Event])
  })

  test("the next begins at once, however long the line was dead", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([webSocket()])
    await clock.advance(100)
    server.fault = () => "refuse"
    server.conns.at(-1)!.cut()
    await clock.advance(200_000)
    server.expire()
    server.fault = () => undefined
    await clock.advance(statuses.at(-1)!.retryIn!)
    await clock.advance(100)
    assert.equal(client.status, "online")
    assert.equal(statuses.at(-1)!.resumed, false)
  })

  test("and again, and again, it does not run in circles", async () => {
    const { clock, server, connect } = stage()
    connect([webSocket()])
    for (let ms = 0; ms < 600_000; ms += 100) {
      await clock.advance(100)
      server.forget()
      server.conns.filter(({ open }) => open).forEach((conn) => conn.cut())
    }
    assert.ok(server.conns.length < 60, `${server.conns.length} connections in ten minutes`)
    assert.ok(server.conns.length > 20, `${server.conns.length} connections in ten minutes`)
  })
})
