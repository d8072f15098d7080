import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { hawserError } from "../src/errors.js"
import { Kind } from "../src/packet.js"
import { polling } from "../src/transports/polling.js"
import { sse } from "../src/transports/sse.js"
import { webSocket } from "../src/transports/websocket.js"
import { all, hellos, refused, stage, watch } from "./stage.js"

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

  test("said by what is no function is a mistake, and makes nobody a guest", async () => {
    const { clock, server, connect } = stage()
    const { client, statuses } = connect(all(), "token" as never)
    await clock.advance(100)
    assert.equal(client.status, "offline")
    assert.ok(statuses[0]!.error instanceof Error)
    assert.deepEqual(server.conns.flatMap((conn) => hellos(conn.got)), [])
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
