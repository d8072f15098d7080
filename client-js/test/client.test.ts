import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Client } from "../src/client.js"
import { type HawserError, hawserError } from "../src/errors.js"
import { Kind } from "../src/packet.js"
import { polling } from "../src/transports/polling.js"
import { sse } from "../src/transports/sse.js"
import { webSocket } from "../src/transports/websocket.js"
import { fakeServer } from "./fake-server.js"
import { all, each, events, hellos, refused, stage, watch } from "./stage.js"

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

describe("the race", () => {
  test("the first welcome wins, the better wire takes over, the rest is closed", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect(all())
    await clock.advance(1000)
    assert.deepEqual(
      statuses.map((status) => [status.status, status.transport]),
      [
        ["online", "sse"],
        ["online", "websocket"],
      ],
    )
    const open = server.conns.filter((conn) => conn.open).map((conn) => conn.path)
    assert.deepEqual(open, ["websocket"])
    assert.ok(!server.conns.some((conn) => conn.path == "poll"), "polling was not needed")
    assert.equal(client.transport, "websocket")
    assert.equal(server.sessions.length, 1, "wires that race make one session")
    const claims = server.conns.flatMap((conn) => hellos(conn.got).map((hello) => hello.claim))
    assert.deepEqual(claims.slice(0, 2), [1, 1], "the hellos of a race share a claim")
  })

  test("only one wire carries packets before its welcome", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect(all())
    const called = watch(client.call("echo", 1))
    await clock.advance(11)
    assert.equal(called(), 1, "in one round trip")
    const early = server.conns.filter(
      (conn) => conn.got[0]?.[0] == Kind.Hello && conn.got.some((packet) => packet[0] == Kind.Call),
    )
    assert.equal(early.length, 1)
  })

  test("a WebSocket that opens and swallows frames steals nothing", async () => {
    const { clock, server, connect } = stage()
    server.fault = (path) => (path == "websocket" ? "swallow" : undefined)
    const { client } = connect(all())
    await clock.advance(30000)
    assert.equal(client.transport, "sse")
    const called = watch(client.call("echo", "x"))
    await clock.advance(100)
    assert.equal(called(), "x")
  })

  test("a stream that a proxy holds back is left for polling, though the server thinks it active", async () => {
    const { clock, server, connect } = stage()
    server.fault = (path) => (path == "sse" ? "swallow" : path == "websocket" ? "hang" : undefined)
    const { client } = connect(all())
    await clock.advance(1000)
    assert.equal(client.transport, "polling")
    const called = watch(client.call("echo", "x"))
    await clock.advance(100)
    assert.equal(called(), "x")
  })

  test("a WebSocket that does not connect is given up after 3 s", async () => {
    const { clock, server, connect } = stage()
    server.fault = (path) => (path == "websocket" ? "hang" : undefined)
    const { statuses } = connect([webSocket()])
    await clock.advance(2999)
    assert.equal(statuses.length, 0)
    await clock.advance(1)
    assert.equal(statuses[0]!.status, "offline")
  })

  test("failed races are followed by longer and longer waits", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "refuse"
    const { client, statuses } = connect(all())
    await clock.advance(20000)
    const waits = statuses.filter((status) => status.status == "offline")
    assert.deepEqual(
      waits.slice(0, 4).map((status) => [status.attempt, status.retryIn]),
      [
        [1, 500],
        [2, 1000],
        [3, 2000],
        [4, 4000],
      ],
    )
    server.fault = () => undefined
    await clock.advance(20000)
    assert.equal(client.status, "online")
  })

  test("a network that comes back ends the wait", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "refuse"
    const { client } = connect(all())
    await clock.advance(20000)
    assert.equal(client.status, "offline")
    server.fault = () => undefined
    server.page("wake")
    await clock.advance(100)
    assert.equal(client.status, "online")
  })

  test("a connection that is cut before it works is tried again", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => "hang"
    const { client, statuses } = connect(all())
    await clock.advance(1000)
    client.cut()
    assert.equal(statuses.at(-1)!.status, "offline")
    server.fault = () => undefined
    await clock.advance(2000)
    assert.equal(client.status, "online")
  })

  test("the server's advice is honoured", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => refused("unavailable", 7000)
    const { statuses } = connect([sse()])
    await clock.advance(1000)
    assert.equal(statuses[0]!.error!.code, "unavailable")
    assert.equal(statuses[0]!.retryIn, 7500)
  })

  test("a final code ends it", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => refused("unauthorized")
    const { client, statuses, errors } = connect([sse()])
    const ready = watch(client.ready)
    const sent = watch(client.send("x"))
    await clock.advance(60000)
    assert.deepEqual(
      [client.status, statuses.at(-1)!.error!.code, ready(), sent()],
      ["closed", "unauthorized", "unauthorized", "unknown_outcome"],
    )
    assert.ok(errors.includes("unauthorized"))
    assert.equal(clock.pending(), 0)
  })

  test("a refusal with a status of its own is understood", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => ({ status: 403, body: '[8,"forbidden","no"]' })
    const { client } = connect([sse()])
    await clock.advance(100)
    assert.equal(client.status, "closed")
  })

  test("what a proxy says is no answer", async () => {
    const { clock, server, connect } = stage()
    server.fault = () => ({ status: 502, body: "<html>Bad gateway</html>" })
    const { client, statuses } = connect([sse(), polling()])
    await clock.advance(1000)
    assert.equal(statuses[0]!.status, "offline")
    server.fault = () => undefined
    await clock.advance(10000)
    assert.equal(client.status, "online")
  })

  test("without a secure source one wire opens, and the server makes the key", async () => {
    const { clock, server, connect } = stage()
    delete server.platform.secret
    const { client } = connect(all())
    await clock.advance(1000)
    assert.equal(client.status, "online")
    assert.deepEqual(
      [...new Set(server.conns.filter((conn) => conn.path != "send").map((conn) => conn.path))],
      ["poll"],
    )
    client.cut()
    await clock.advance(2000)
    assert.equal(client.transport, "websocket", "with a key it races")
    assert.equal(server.sessions.length, 1)
  })

  test("no transport that works here is an end", async () => {
    const { clock, server, connect } = stage()
    delete server.platform.post
    const { client } = connect([sse(), polling()])
    await clock.advance(10)
    assert.equal(client.status, "closed")
  })
})

describe("who the user is", () => {
  test("is asked once a race, and said in each of its hellos", async () => {
    const { clock, server, connect } = stage()
    let asked = 0
    const { client } = connect(all(), () => "token " + ++asked)
    await clock.advance(1000)
    assert.equal(asked, 1)
    assert.ok(server.conns.length > 1)
    for (const conn of server.conns) for (const hello of hellos(conn.got)) assert.equal(hello.token, "token 1")
    client.cut()
    await clock.advance(1000)
    assert.equal(asked, 2)
  })

  test("not to know it now is tried again", async () => {
    const { clock, connect } = stage()
    let asked = 0
    const { client, statuses } = connect(all(), () => (++asked < 3 ? Promise.reject(new Error("down")) : "ann"))
    await clock.advance(5000)
    assert.equal(statuses[0]!.error!.code, "unavailable")
    assert.equal(client.status, "online")
  })

  test("a refusal of one's own ends it", async () => {
    const { clock, connect } = stage()
    const { client } = connect(all(), () => Promise.reject(hawserError("unauthorized")))
    await clock.advance(100)
    assert.equal(client.status, "closed")
  })

  test("is said afresh once when a token is refused", async () => {
    const { clock, server, connect } = stage()
    let asked = 0
    server.fault = (path, body) => (path == "sse" && !body.includes("token 2") ? refused("unauthorized") : undefined)
    const { client } = connect([sse()], () => "token " + ++asked)
    await clock.advance(1000)
    assert.deepEqual([client.status, asked], ["online", 2])
    // Once an outage, not once for ever.
    server.fault = (path, body) => (path == "sse" && !body.includes("token 4") ? refused("unauthorized") : undefined)
    server.conns.at(-1)!.cut()
    await clock.advance(1000)
    assert.deepEqual([client.status, asked], ["online", 4])
  })

  test("is not said a third time, nor asked where there is nobody to ask", async () => {
    for (const auth of [true, false]) {
      const { clock, server, connect } = stage()
      let asked = 0
      server.fault = () => refused("unauthorized")
      const { client, statuses } = connect([sse()], auth ? () => "token " + ++asked : undefined)
      await clock.advance(60000)
      assert.deepEqual([client.status, asked], ["closed", auth ? 2 : 0])
      assert.equal(statuses.at(-1)!.error!.code, "unauthorized")
    }
  })

  test("is said again when the server asks", async () => {
    const { clock, server, connect } = stage()
    let asked = 0
    connect([webSocket()], () => "token " + ++asked)
    await clock.advance(100)
    server.sessions[0]!.push([Kind.Auth, 0, ""])
    await clock.advance(100)
    assert.deepEqual(server.sessions[0]!.accepted, [[Kind.Auth, 1, "token 2"]])
  })
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
