import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Client } from "../src/client.js"
import { Kind } from "../src/packet.js"
import { webSocket } from "../src/transports/websocket.js"
import { fakeServer } from "./fake-server.js"
import { all, each, events, hellos, stage, watch } from "./stage.js"

describe("over each transport", () => {
  for (const [name, transport] of each) {
    test(name + ": connects, calls, sends and hears", async () => {
      const { clock, server, connect } = stage()
      const { client } = connect([transport()])
      const ready = watch(client.ready)
      const heard: unknown[] = []
      client.on("news", (data) => heard.push(data))
      const sent = watch(client.send("num", 1))
      const called = watch(client.call("echo", { a: [1] }))
      await clock.advance(2000)
      assert.equal(ready(), "ok")
      assert.equal(client.status, "online")
      assert.equal(client.transport, name)
      assert.equal(client.session, server.sessions[0]!.sid)
      assert.equal(sent(), "ok")
      assert.deepEqual(called(), { a: [1] })
      server.sessions[0]!.push([Kind.Event, "", "news", new Uint8Array([1, 2])])
      await clock.advance(100)
      assert.deepEqual(heard, [new Uint8Array([1, 2])])
    })

    test(name + ": cut in mid-stream again and again, nothing is lost, doubled or out of order", async () => {
      const { clock, server, connect } = stage()
      const { client } = connect([transport()])
      const heard: unknown[] = []
      client.on("tick", (n) => heard.push(n))
      await clock.advance(1000)
      const session = server.sessions[0]!
      let cuts = 0
      let doomed = false
      server.fault = (path) => (path == "poll" && doomed ? (cuts++, (doomed = false), "lose answer") : undefined)
      const outcomes: (() => unknown)[] = []
      for (let n = 1; n <= 200; n++) {
        session.push([Kind.Event, "", "tick", n])
        outcomes.push(watch(client.send("num", n)))
        if (n % 20 == 0) {
          // Frames are on their way, in both directions.
          if (name == "polling") doomed = true
          else if (session.used) (cuts++, session.used.cut())
        }
        await clock.advance(3)
      }
      await clock.advance(60000)
      const numbers = Array.from({ length: 200 }, (_, i) => i + 1)
      assert.ok(cuts >= 5, "connections were cut: " + cuts)
      assert.deepEqual(heard, numbers)
      assert.deepEqual(
        events(session.accepted).map(([, n]) => n),
        numbers,
      )
      assert.ok(outcomes.every((outcome) => outcome() == "ok"))
      assert.equal(server.sessions.length, 1)
    })

    test(name + ": close ends the session, after what was sent before", async () => {
      const { clock, server, connect } = stage()
      const { client, statuses } = connect([transport()])
      await clock.advance(1000)
      const sent = watch(client.send("last", 1))
      const closed = watch(client.close())
      const late = watch(client.send("late", 1))
      await clock.advance(1000)
      assert.equal(closed(), "ok")
      assert.equal(sent(), "ok")
      assert.equal(late(), "not_sent")
      assert.deepEqual(
        server.sessions[0]!.accepted.map((packet) => packet[0]),
        [Kind.Event, Kind.End],
      )
      assert.deepEqual(statuses.at(-1), { ...statuses.at(-1), status: "closed", error: undefined })
      await clock.advance(100)
      assert.equal(clock.pending(), 0, "no timer is left behind")
    })
  }
})

describe("a session that is lost", () => {
  test("is told, what was sent has an unknown outcome, what was not goes out, channels are rejoined first", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([webSocket()])
    const room = client.channel("chat:lobby")
    const memberships: unknown[] = []
    room.onStatus((status) => memberships.push(status))
    const joined = watch(room.join({ as: "ann" }))
    await clock.advance(100)
    assert.equal(joined(), "ok")
    server.acknowledges = false
    server.handle = () => {}
    const sent = watch(client.send("sent", 1))
    const called = watch(client.call("echo", 1))
    await clock.advance(50)
    server.fault = () => "refuse"
    server.conns.at(-1)!.cut()
    await clock.advance(50)
    const unsent = watch(client.send("unsent", 2))
    const uncalled = watch(client.call("echo", 2))
    const before = client.session
    server.forget()
    const { handle } = fakeServer(clock)
    Object.assign(server, { handle, acknowledges: true, fault: () => undefined })
    await clock.advance(5000)
    assert.deepEqual([sent(), called(), unsent(), uncalled()], ["unknown_outcome", "unknown_outcome", "ok", 2])
    const session = server.sessions[0]!
    assert.notEqual(client.session, before)
    assert.deepEqual(
      session.accepted.map((packet) => packet[0]),
      [Kind.Join, Kind.Event, Kind.Call],
    )
    assert.deepEqual(session.accepted[0], [Kind.Join, 3 + 1, "chat:lobby", "e", 7, { as: "ann" }])
    const live = statuses.filter((status) => status.status == "online")
    assert.deepEqual(
      live.map((status) => status.resumed),
      [undefined, false],
    )
    assert.deepEqual(memberships, [
      { status: "joined", recovered: undefined },
      { status: "joined", recovered: true },
    ])
    const keys = server.conns.flatMap((conn) => hellos(conn.got).map((hello) => hello.key))
    assert.equal(new Set(keys).size, 2, "the new session has a fresh key")
  })

  test("a session that is found again is the same", async () => {
    const { clock, connect } = stage()
    const { client, statuses } = connect([webSocket()])
    await clock.advance(100)
    client.cut()
    await clock.advance(2000)
    assert.equal(statuses.at(-1)!.resumed, true)
  })

  test("the server may end it for good", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([webSocket()])
    await clock.advance(100)
    server.sessions[0]!.push([Kind.End, "closed", "bye"])
    await clock.advance(100)
    assert.equal(client.status, "closed")
    assert.deepEqual([statuses.at(-1)!.error!.code, statuses.at(-1)!.error!.message], ["closed", "bye"])
  })

  test("or for a while", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([webSocket()])
    await clock.advance(100)
    const first = client.session
    server.sessions[0]!.push([Kind.End, "overflow", "", 3000])
    await clock.advance(2900)
    assert.equal(client.status, "offline")
    await clock.advance(1000)
    assert.equal(client.status, "online")
    assert.notEqual(client.session, first)
    assert.equal(statuses.at(-1)!.resumed, false)
  })
})

describe("a client that is closed as soon as it is made", () => {
  test("leaves no trace, though it has joined a channel", async () => {
    const { clock, server, connect } = stage()
    let asked = 0
    const { client, statuses, errors } = connect(all(), () => "token " + ++asked)
    const joined = watch(client.channel("a").join())
    const ready = watch(client.ready)
    const closed = watch(client.close())
    await clock.advance(60000)
    assert.deepEqual([closed(), joined(), ready(), client.status], ["ok", "not_sent", "closed", "closed"])
    assert.deepEqual([server.conns.length, asked, errors], [0, 0, []])
    assert.deepEqual(
      statuses.map(({ status }) => status),
      ["closed"],
    )
    assert.deepEqual([clock.pending(), server.logged], [0, []])
  })

  test("says first what it was given to say", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect(all())
    const sent = watch(client.send("x"))
    const closed = watch(client.close())
    await clock.advance(3000)
    assert.deepEqual([sent(), closed()], ["ok", "ok"])
    assert.deepEqual(events(server.sessions[0]!.accepted), [["x", undefined]])
  })

  test("and made again, as React mounts twice, opens one session", async () => {
    const { clock, server, connect } = stage()
    const effect = () => {
      const { client } = connect(all())
      void client.channel("a").join()
      return () => void client.close()
    }
    effect()()
    effect()
    await clock.advance(3000)
    assert.equal(server.sessions.length, 1)
    assert.ok(server.conns.every((conn) => conn.session == server.sessions[0]))
  })
})

describe("errors", () => {
  test("of listeners keep nobody else from hearing", async () => {
    const { clock, server, connect } = stage()
    const { client, errors } = connect([webSocket()])
    const heard: unknown[] = []
    client.on("x", () => {
      throw new Error("first")
    })
    client.on("x", () => Promise.reject(new Error("second")))
    client.onError(() => {
      throw new Error("third")
    })
    const stop = client.on("x", (data) => heard.push(data))
    await clock.advance(100)
    server.sessions[0]!.push([Kind.Event, "", "x", 1])
    await clock.advance(100)
    stop()
    server.sessions[0]!.push([Kind.Event, "", "x", 2])
    await clock.advance(100)
    assert.deepEqual(heard, [1])
    assert.deepEqual(errors.slice(0, 2), ["first", "second"])
    assert.equal((server.logged[0] as Error).message, "third")
  })

  test("that nobody awaits are no unhandled rejections", async () => {
    const { clock, server, connect } = stage()
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on("unhandledRejection", note)
    server.fault = () => "refuse"
    const { client, errors } = connect(all())
    const fire = (c: Client) => {
      void c.send("x")
      void c.call("x")
      void c.channel("room").join()
      void c.channel("room").send("x")
      void c.send("")
    }
    fire(client)
    void client.close()
    fire(client)
    await clock.advance(1000)
    // Node tells of them after the promises of a turn have run.
    await new Promise((resolve) => setImmediate(resolve))
    process.off("unhandledRejection", note)
    assert.deepEqual(unhandled, [])
    assert.ok(errors.length >= 9, "all went to onError: " + errors)
  })
})

test("volatile events go out when there is a connection, and are dropped when there is none", async () => {
  for (const [, transport] of each) {
    const { clock, server, connect } = stage()
    const { client } = connect([transport()])
    client.volatile("early", 1)
    await clock.advance(1000)
    client.volatile("typing", 2)
    await clock.advance(1000)
    const got = server.conns.flatMap((conn) => conn.got).filter((packet) => packet[0] == Kind.Volatile)
    assert.deepEqual(got, [[Kind.Volatile, "", "typing", 2]])
  }
})
