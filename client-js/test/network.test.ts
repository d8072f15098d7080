import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Kind } from "../src/packet.js"
import { polling } from "../src/transports/polling.js"
import { sse } from "../src/transports/sse.js"
import { webSocket } from "../src/transports/websocket.js"
import type { FakeServer } from "./fake-server.js"
import { all, events, hellos, refused, stage, watch } from "./stage.js"

/** What becomes of a POST whose body has more bytes than a proxy takes. */
type Refusal = Exclude<ReturnType<FakeServer["fault"]>, undefined>

const refusals: [how: string, Refusal][] = [
  ["says so by a page of its own", { status: 413, body: "<html>Request Entity Too Large</html>" }],
  ["hangs up, or says so where a browser does not show it", "refuse"],
  ["says something else", { status: 403, body: "<html>Forbidden</html>" }],
]

const noMoreThan = (limit: number, refusal: Refusal) => (path: string, body: string) =>
  path == "send" && body.length > limit ? refusal : undefined

for (const [how, refusal] of refusals) {
  describe("a proxy that takes no large body, and " + how, () => {
    for (const transport of [sse, polling]) {
      const { name } = transport()
      test(name + ": refuses one message, whose promise says so; everything else goes on", async () => {
        const { clock, server, connect } = stage()
        const { client, statuses } = connect([transport()])
        await clock.advance(1000)
        server.fault = noMoreThan(50_000, refusal)
        const outcomes = [
          client.send("num", 1),
          client.send("num", "x".repeat(60_000)),
          client.send("num", 2),
          client.call("echo", "x".repeat(60_000)),
          client.call("echo", "small"),
        ].map(watch)
        client.volatile("num", "x".repeat(60_000))
        await clock.advance(25_000)
        assert.deepEqual(
          outcomes.map((outcome) => outcome()),
          ["ok", "payload_too_large", "ok", "payload_too_large", "small"],
        )
        assert.deepEqual(
          events(server.sessions[0]!.accepted).map(([, n]) => n),
          [1, 2],
        )
        assert.equal(server.sessions[0]!.accepted.length, 5, "the numbers go on without a hole")
        assert.equal(statuses.length, 1, "nobody was disconnected")
      })

      test(name + ": many small messages go in smaller bodies", async () => {
        const { clock, server, connect } = stage()
        const { client, statuses } = connect([transport()])
        await clock.advance(1000)
        server.fault = noMoreThan(8000, refusal)
        const outcomes = Array.from({ length: 100 }, (_, n) => watch(client.send("num", { n, pad: "x".repeat(1000) })))
        await clock.advance(10_000)
        assert.deepEqual(new Set(outcomes.map((outcome) => outcome())), new Set(["ok"]))
        assert.equal(statuses.length, 1)
      })
    }

    test("a message that may have arrived by another wire has an unknown outcome", async () => {
      const { clock, server, connect } = stage()
      const { client } = connect(all())
      await clock.advance(1000)
      assert.equal(client.transport, "websocket")
      server.conns.find((conn) => conn.open)!.open = false
      server.fault = (path, body) => (path == "websocket" ? "refuse" : noMoreThan(50_000, refusal)(path, body))
      const sent = watch(client.send("num", "x".repeat(60_000)))
      await clock.advance(30_000)
      assert.equal(client.transport, "sse")
      assert.equal(sent(), "unknown_outcome")
    })
  })
}

test("a large message whose answers are lost is accepted once, and not given up", async () => {
  const { clock, server, connect } = stage()
  const { client } = connect([sse()])
  await clock.advance(1000)
  server.fault = (path, body) => (path == "send" && body.length > 50_000 ? "lose answer" : undefined)
  const outcomes = [1, 2, 3].map((n) => watch(client.send("num", { n, pad: "x".repeat(60_000) })))
  await clock.advance(10_000)
  assert.deepEqual(outcomes.map((outcome) => outcome()), ["ok", "ok", "ok"])
  assert.equal(server.sessions[0]!.accepted.length, 3)
})

test("a stream for which other tabs leave no place says what would help, and comes when there is one", async () => {
  const { clock, server, connect } = stage()
  let free = false
  server.platform.place = (granted) => void clock.after(1, () => granted(free ? () => {} : undefined))
  const { client, statuses } = connect([sse()])
  await clock.advance(5000)
  const { status, error } = statuses.at(-1)!
  assert.deepEqual([status, error!.code, error!.message], ["offline", "too_many_tabs", "sse: too_many_tabs"])
  free = true
  await clock.advance(30_000)
  assert.equal(client.status, "online")
})

describe("connections that died in the browser's pool", () => {
  for (const transports of [[sse()], [polling()], [sse(), polling()]]) {
    const names = transports.map((transport) => transport.name).join(" and ")
    test(names + ": another request beside those that hang", async () => {
      const { clock, server, connect } = stage()
      const { client } = connect(transports)
      await clock.advance(5000)
      const session = client.session
      let dead = 2
      server.fault = () => (dead-- > 0 ? "hang" : undefined)
      client.cut()
      await clock.advance(3000)
      assert.ok(dead <= 0, "requests hung")
      assert.equal(client.status, "online")
      assert.equal(client.session, session)
      assert.equal(server.sessions.length, 1)
    })
  }

  test("no more than six attempts at a time", async () => {
    const { clock, server, connect } = stage()
    let attempts = 0
    server.fault = () => (attempts++, "hang")
    const { statuses } = connect(all())
    await clock.advance(2999)
    assert.equal(attempts, 6)
    // The WebSocket is given up after 3 s, which leaves room for another.
    await clock.advance(7000)
    assert.equal(statuses.length, 0)
    assert.ok(attempts <= 7, String(attempts))
  })

  test("a slow answer is no harm: one session, and one wire in the end", async () => {
    const { clock, server, connect } = stage()
    server.delay = 1200
    const { client } = connect([sse(), polling()])
    await clock.advance(30_000)
    assert.equal(client.transport, "sse")
    assert.equal(server.sessions.length, 1)
    assert.deepEqual(
      server.conns.filter((conn) => conn.open && conn.path != "send").map((conn) => conn.path),
      ["sse"],
    )
  })
})

describe("a wire that is suspected while no other works", () => {
  /** A client whose WebSocket falls silent under load, while nothing else answers. */
  async function suspected() {
    const it = stage()
    const { client, statuses } = it.connect(all())
    await it.clock.advance(2000)
    const wire = it.server.conns.find((conn) => conn.open)!
    const { down } = wire
    it.server.fault = () => "refuse"
    wire.open = false
    const sent = watch(client.send("num", 1))
    await it.clock.advance(2500)
    assert.equal(client.status, "offline")
    assert.equal(client.transport, undefined)
    const later = watch(client.send("num", 2))
    return { ...it, client, statuses, wire, down, sent, later }
  }

  test("carries on when it speaks again", async () => {
    const { clock, server, client, wire, sent, later } = await suspected()
    await clock.advance(30_000)
    const made = server.conns.length
    wire.open = true
    wire.session!.used = wire
    wire.down(["[6,1]"])
    await clock.advance(50)
    assert.equal(client.status, "online")
    assert.equal(client.transport, "websocket")
    assert.deepEqual([sent(), later()], ["ok", "ok"])
    assert.deepEqual(events(server.sessions[0]!.accepted), [
      ["num", 1],
      ["num", 2],
    ])
    assert.equal(server.conns.length, made, "nothing new was opened")
    assert.equal(wire.got.filter((packet) => packet[0] == Kind.Use).length, 2, "the server is told: once for the race")
  })

  test("is left for the first that works", async () => {
    const { clock, server, client, wire, sent, later } = await suspected()
    server.fault = () => undefined
    await clock.advance(30_000)
    assert.equal(client.status, "online")
    assert.deepEqual([sent(), later()], ["ok", "ok"])
    assert.notEqual(
      server.conns.find((conn) => conn.open),
      wire,
    )
  })

  test("writes nothing while it is out of use", async () => {
    const { clock, client, wire, later } = await suspected()
    const before = wire.got.length
    wire.open = true
    await clock.advance(100)
    assert.equal(wire.got.length, before)
    void client.close()
    await clock.advance(100)
    assert.equal(later(), "not_sent", "so one can tell what became of it")
  })

  test("one that works stays in use when the move that was asked for fails", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect(all())
    await clock.advance(2000)
    const wire = server.conns.find((conn) => conn.open)!
    server.fault = () => "refuse"
    wire.down(["[9,1000]"])
    await clock.advance(20_000)
    const called = watch(client.call("echo", "still here"))
    await clock.advance(100)
    assert.equal(called(), "still here")
    assert.ok(statuses.every((status) => status.status == "online"))
    assert.equal(server.conns.filter((conn) => conn.open)[0], wire)
  })
})

test("the answer to a first flight comes after the status", async () => {
  const { clock, server, connect } = stage()
  server.lag = (path) => (path == "sse" ? 10 : 0)
  const { client } = connect(all())
  const seen: string[] = []
  client.onStatus(({ status, transport }) => seen.push(status + " " + transport))
  client.on("hello", () => seen.push("event"))
  void client.call("echo", 1).then(() => seen.push("answer"))
  const { handle } = server
  server.handle = (session, packet) => {
    handle(session, packet)
    session.push([Kind.Event, "", "hello", 1])
  }
  await clock.advance(1000)
  assert.deepEqual(seen, ["online websocket", "event", "answer"])
})

describe("back-off", () => {
  test("starts with jitter: nobody waits a whole second for the first time", async () => {
    for (const random of [0, 0.25, 0.99]) {
      const { clock, server, connect } = stage()
      server.platform.random = () => random
      server.fault = () => "refuse"
      const { statuses } = connect([webSocket()])
      await clock.advance(10)
      assert.equal(statuses[0]!.retryIn, random * 1000)
    }
  })

  test("never waits longer than 30 s", async () => {
    const { clock, server, connect } = stage()
    server.platform.random = () => 0.999
    server.fault = () => "refuse"
    const { statuses } = connect([webSocket()])
    await clock.advance(300_000)
    const waits = statuses.flatMap(({ retryIn }) => retryIn ?? [])
    assert.ok(waits.length > 8)
    assert.ok(Math.max(...waits) < 30_000 && Math.max(...waits) > 29_000)
  })

  /** What a client waits for at first that was online for so long, after attempts that failed. */
  async function after(online: number): Promise<number> {
    const { clock, server, connect } = stage()
    server.fault = () => "refuse"
    const { client, statuses } = connect([webSocket()])
    await clock.advance(5000)
    assert.equal(statuses.at(-1)!.attempt, 4)
    server.fault = () => undefined
    await clock.advance(5000)
    assert.equal(client.status, "online")
    await clock.advance(online - 5000)
    server.fault = () => "refuse"
    client.cut()
    await clock.advance(100)
    assert.equal(client.status, "offline")
    return statuses.at(-1)!.retryIn!
  }

  test("is forgotten after a stable minute, and not quite before", async () => {
    assert.equal(await after(66_000), 500)
    assert.equal(await after(50_000), 1000)
  })

  test("a connection of use is replaced at once, whether it lasted or carried something; another is not", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([webSocket()])
    await clock.advance(500)
    assert.equal(client.status, "online")
    server.conns.at(-1)!.cut()
    await clock.advance(10)
    assert.deepEqual([client.status, statuses.at(-1)!.retryIn], ["offline", 500])
    await clock.advance(2500)
    assert.equal(client.status, "online")
    server.conns.at(-1)!.cut()
    await clock.advance(10)
    assert.equal(client.status, "connecting")
    await clock.advance(100)
    const called = watch(client.call("echo", 1))
    await clock.advance(100)
    assert.equal(called(), 1)
    server.conns.at(-1)!.cut()
    await clock.advance(10)
    assert.equal(client.status, "connecting")
  })

  test("a server that asks for patience gets it, also by a wire that lasted", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect([webSocket()])
    await clock.advance(5000)
    server.conns.at(-1)!.down(['[8,"unavailable","full",4000]'])
    await clock.advance(10)
    assert.equal(client.status, "offline")
    assert.equal(statuses.at(-1)!.retryIn, 4500)
    assert.equal(server.conns.length, 1)
  })

  test("is longest where nobody looks, and over when somebody does", async () => {
    const { clock, server, connect } = stage()
    server.platform.hidden = () => true
    server.fault = () => "refuse"
    const { client, statuses } = connect(all())
    await clock.advance(1000)
    assert.equal(statuses[0]!.retryIn, 15_000)
    server.fault = () => undefined
    server.page("wake")
    await clock.advance(100)
    assert.equal(client.status, "online")
  })

  for (const code of ["unauthorized", "forbidden", "version", "protocol"]) {
    test(code + " is not tried again, and says why", async () => {
      const { clock, server, connect } = stage()
      server.fault = () => refused(code)
      const { client, statuses, errors } = connect([sse()])
      await clock.advance(120_000)
      assert.equal(client.status, "closed")
      assert.deepEqual([statuses.at(-1)!.error!.code, statuses.at(-1)!.error!.message], [code, "no"])
      assert.ok(errors.includes(code))
      assert.equal(clock.pending(), 0)
    })
  }
})

describe("a race", () => {
  test("leaves nothing on the server but the session that won", async () => {
    const { clock, server, connect } = stage()
    server.delay = 400 // polling is in the race, too
    const { client } = connect(all())
    await clock.advance(20_000)
    const opened = server.conns.filter((conn) => conn.path != "send")
    assert.equal(new Set(opened.map((conn) => conn.path)).size, 3)
    assert.equal(server.sessions.length, 1)
    assert.equal(new Set(opened.flatMap((conn) => hellos(conn.got).map((hello) => hello.key))).size, 1)
    assert.deepEqual(
      opened.filter((conn) => conn.open).map((conn) => conn.path),
      [client.transport],
    )
  })

  test("begins with what worked before", async () => {
    const { clock, server, connect } = stage()
    const stored: { [name: string]: string } = {}
    server.platform.recall = (name) => stored[name]
    server.platform.remember = (name, value) => void (stored[name] = value)
    connect([webSocket()])
    await clock.advance(100)
    assert.deepEqual(Object.values(stored), ["websocket"])
    const before = server.conns.length
    const { client } = connect(all())
    await clock.advance(1000)
    assert.equal(client.transport, "websocket")
    assert.deepEqual(
      server.conns.slice(before).map((conn) => conn.path),
      ["websocket"],
      "the others were not needed",
    )
  })
})

test("a page that sleeps takes no leave", async () => {
  const { clock, server, connect } = stage()
  connect([webSocket()])
  await clock.advance(100)
  server.page("park")
  await clock.advance(1000)
  const said = server.conns.flatMap((conn) => conn.got)
  assert.ok(!said.some((packet) => packet[0] == Kind.Close))
})
