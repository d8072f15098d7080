import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { JoinOptions, Position } from "../src/channel.js"
import { createClient } from "../src/client.js"
import { json } from "../src/codecs/json.js"
import { Kind, type Packet } from "../src/packet.js"
import { webSocket } from "../src/transports/websocket.js"
import { stage, watch } from "./stage.js"

describe("a channel", () => {
  test("is left when the client is closed, and only then if one was a member", async () => {
    const { clock, connect } = stage()
    const { client, errors } = connect([webSocket()])
    const room = client.channel("chat:lobby")
    const statuses: unknown[] = []
    room.onStatus((status) => statuses.push(status))
    client.channel("chat:never").onStatus((status) => statuses.push(status))
    void room.join()
    await clock.advance(100)
    void client.close()
    await clock.advance(100)
    assert.equal(room.status, "left")
    assert.deepEqual(statuses.slice(1), [{ status: "left", error: undefined }])
    assert.deepEqual(errors, [])
  })

  test("hears its messages and events, sends, calls and leaves", async () => {
    const { clock, server, connect } = stage()
    const { client } = connect([webSocket()])
    const room = client.channel("chat:lobby")
    assert.equal(client.channel("chat:lobby"), room)
    const heard: unknown[] = []
    room.on("said", (data) => heard.push(data))
    client.on("said", () => heard.push("not for the session"))
    void room.join()
    void room.send("typing", 1)
    const called = watch(room.call("echo", "hi"))
    await clock.advance(100)
    assert.equal(room.status, "joined")
    assert.equal(called(), "hi")
    const session = server.sessions[0]!
    session.push([Kind.Message, "chat:lobby", 8, "said", "a"])
    session.push([Kind.Event, "chat:lobby", "said", "b"])
    session.push([Kind.Message, "chat:other", 1, "said", "c"])
    await clock.advance(100)
    assert.deepEqual(heard, ["a", "b"])
    const left = watch(room.leave())
    await clock.advance(100)
    assert.deepEqual([left(), room.status], ["ok", "left"])
    assert.deepEqual(
      session.accepted.map((packet) => packet.slice(0, 3)),
      [
        [Kind.Join, 1, "chat:lobby"],
        [Kind.Event, "chat:lobby", "typing"],
        [Kind.Call, 2, "chat:lobby"],
        [Kind.Leave, 3, "chat:lobby"],
      ],
    )
  })

  test("that refuses says why, and can be asked again", async () => {
    const { clock, server, connect } = stage()
    let refusals = 0
    const { handle } = server
    server.handle = (session, packet) => {
      if (packet[0] == Kind.Join && !refusals++) session.push([Kind.Error, packet[1], "forbidden", "locked"])
      else handle(session, packet)
    }
    const { client } = connect([webSocket()])
    const room = client.channel("locked:1")
    const first = watch(room.join())
    await clock.advance(100)
    assert.equal(first(), "forbidden")
    const second = watch(room.join())
    await clock.advance(100)
    assert.equal(second(), "ok")
  })

  test("tells of being removed", async () => {
    const { clock, server, join } = channel()
    const { room, news } = await join()
    server.sessions[0]!.push([Kind.Left, "a", "forbidden", "out"])
    await clock.advance(100)
    assert.deepEqual(news, ["joined", "left forbidden"])
    assert.equal(room.status, "left")
  })
})

/** A channel "a" on a server that answers joins by what `admits` says, and a client that joins it. */
function channel() {
  const { clock, server, connect } = stage()
  const joins: Packet[] = []
  const self = {
    clock,
    server,
    /** The joins that came, as [epoch, offset]. */
    joins: () => joins.map((packet) => packet.slice(3, 5)),
    admits: { epoch: "e", offset: 7 } as object,
    async join(options?: JoinOptions) {
      const { client, errors } = connect([webSocket()])
      const room = client.channel("a")
      const news: unknown[] = []
      room.onStatus(({ status, recovered, error }) =>
        news.push([status, recovered, error?.code].filter((word) => word !== undefined).join(" ")),
      )
      room.onSnapshot((snapshot) => news.push(snapshot))
      room.on("item", (n) => news.push(n))
      const joined = watch(room.join(undefined, options))
      await clock.advance(100)
      return { client, errors, room, news, joined }
    },
  }
  const { handle } = server
  server.handle = (session, packet) => {
    if (packet[0] != Kind.Join) return handle(session, packet)
    joins.push(packet)
    session.push([Kind.Reply, packet[1], self.admits])
  }
  return self
}

describe("a position", () => {
  test("is where the membership began, and moves with the messages", async () => {
    const { clock, server, join } = channel()
    const { room } = await join()
    assert.deepEqual(room.position, { epoch: "e", offset: 7 })
    server.sessions[0]!.push([Kind.Message, "a", 9, "item", 9])
    server.sessions[0]!.push([Kind.Message, "b", 30, "item", 30])
    await clock.advance(100)
    assert.deepEqual(room.position, { epoch: "e", offset: 9 })
    assert.deepEqual(JSON.parse(JSON.stringify(room.position)), room.position)
  })

  test("is unknown before the first join", () => {
    const { server, clock } = channel()
    const client = createClient("/", { transports: [webSocket()], codec: json }, server.platform)
    assert.equal(client.channel("a").position, undefined)
    assert.equal(client.channel("a").status, "left")
    assert.equal(clock.now(), 0)
  })

  for (const recovered of [true, false]) {
    test("that was saved is gone on from, recovered: " + recovered, async () => {
      const self = channel()
      self.admits = { epoch: "e2", offset: 12, recovered }
      const { room, news, joined } = await self.join({ since: { epoch: "e1", offset: 5 } })
      assert.deepEqual(self.joins(), [["e1", 5]])
      assert.deepEqual(news, ["joined " + recovered])
      assert.equal(joined(), "ok")
      assert.deepEqual(room.position, { epoch: "e2", offset: 12 })
    })
  }

  test("that was not saved is none", async () => {
    const self = channel()
    const { news } = await self.join({ since: null })
    assert.deepEqual([self.joins(), news], [[["", 0]], ["joined"]])
  })

  const malformed: unknown[] = [{}, { epoch: "e" }, { epoch: 1, offset: 1 }, { epoch: "e", offset: -1 }, "e", 7]
  for (const since of malformed) {
    test(`that is none is refused, and the channel can be joined without: ${JSON.stringify(since)}`, async () => {
      const self = channel()
      const { room, joined } = await self.join({ since: since as Position })
      assert.deepEqual([joined(), room.status, self.joins()], ["bad_request", "left", []])
      const again = watch(room.join())
      await self.clock.advance(100)
      assert.equal(again(), "ok")
    })
  }

  test("is forgotten when one leaves: the next join begins anew, unless it says otherwise", async () => {
    const self = channel()
    const { room } = await self.join()
    const before = room.position
    void room.leave()
    void room.join()
    await self.clock.advance(100)
    void room.leave()
    void room.join(undefined, { since: before })
    await self.clock.advance(100)
    assert.deepEqual(self.joins(), [
      ["", 0],
      ["", 0],
      ["e", 7],
    ])
  })

  test("is named when the session was lost", async () => {
    const self = channel()
    const { news } = await self.join()
    self.server.sessions[0]!.push([Kind.Message, "a", 8, "item", 8])
    await self.clock.advance(100)
    self.admits = { epoch: "e", offset: 8, recovered: true }
    self.server.forget()
    self.server.conns.at(-1)!.cut()
    await self.clock.advance(2000)
    assert.deepEqual(self.joins(), [
      ["", 0],
      ["e", 8],
    ])
    assert.deepEqual(news, ["joined", 8, "joined true"])
  })
})

describe("a reset", () => {
  test("is recovered from in silence", async () => {
    const self = channel()
    const { room, news } = await self.join()
    const session = self.server.sessions[0]!
    session.push([Kind.Message, "a", 8, "item", 8])
    session.push([Kind.Reset, "a", "e", 40])
    self.admits = { epoch: "e", offset: 8, recovered: true, snapshot: undefined }
    await self.clock.advance(6)
    assert.equal(room.status, "joining")
    await self.clock.advance(100)
    session.push([Kind.Message, "a", 9, "item", 9])
    await self.clock.advance(100)
    assert.deepEqual(self.joins(), [
      ["", 0],
      ["e", 8],
    ])
    assert.deepEqual(news, ["joined", 8, 9])
    assert.equal(room.status, "joined")
  })

  test("is told when something was lost, before the snapshot and what follows", async () => {
    const self = channel()
    const { room, news } = await self.join()
    const session = self.server.sessions[0]!
    self.admits = { epoch: "e2", offset: 40, recovered: false, snapshot: "state at 40" }
    session.push([Kind.Reset, "a", "e2", 30])
    await self.clock.advance(100)
    session.push([Kind.Message, "a", 41, "item", 41])
    await self.clock.advance(100)
    assert.deepEqual(news, ["joined", "reset false", "state at 40", 41])
    assert.deepEqual(room.position, { epoch: "e2", offset: 41 })
  })

  test("goes through though no more can be sent", async () => {
    const self = channel()
    const { client, room } = await self.join()
    self.server.acknowledges = false
    const session = self.server.sessions[0]!
    const sent = Array.from({ length: 30000 }, () => watch(client.send("x")))
    session.push([Kind.Reset, "a", "e", 40])
    await self.clock.advance(100)
    assert.equal(sent.at(-1)!(), "not_sent")
    assert.equal(room.status, "joining")
    self.server.conns.at(-1)!.down([String(json.encode([Kind.Ack, session.in.received()]))])
    await self.clock.advance(100)
    assert.equal(room.status, "joined")
  })

  test("while the session is lost is one join", async () => {
    const self = channel()
    const { news } = await self.join()
    self.server.sessions[0]!.push([Kind.Reset, "a", "e", 40])
    await self.clock.advance(6)
    self.server.fault = () => "refuse"
    self.server.forget()
    self.server.conns.at(-1)!.cut()
    await self.clock.advance(100)
    self.server.fault = () => undefined
    self.admits = { epoch: "f", offset: 1, recovered: false }
    await self.clock.advance(5000)
    const joins = self.server.sessions[0]!.accepted.filter((packet) => packet[0] == Kind.Join)
    assert.deepEqual(
      joins.map((packet) => packet.slice(3, 5)),
      [["e", 7]],
    )
    assert.deepEqual(news, ["joined", "joined false"])
  })

  test("of a channel that one has left is nothing", async () => {
    const self = channel()
    const { room, news } = await self.join()
    void room.leave()
    self.server.sessions[0]!.push([Kind.Reset, "a", "e", 40])
    await self.clock.advance(100)
    assert.equal(self.joins().length, 1)
    assert.deepEqual(news, ["joined", "left"])
  })
})

describe("a snapshot", () => {
  test("comes after the news of the membership, and before the messages of the same frame", async () => {
    const self = channel()
    const { handle } = self.server
    self.server.handle = (session, packet) => {
      handle(session, packet)
      session.push([Kind.Message, "a", 8, "item", 8])
    }
    self.admits = { epoch: "e", offset: 7, snapshot: null, data: "welcome" }
    const { news, joined } = await self.join()
    assert.deepEqual(news, ["joined", null, 8])
    assert.equal(joined(), "welcome")
  })

  test("is not for those who leave as soon as they hear that they are in", async () => {
    const self = channel()
    self.admits = { epoch: "e", offset: 7, snapshot: 1 }
    const { client } = await self.join()
    const room = client.channel("b")
    const heard: unknown[] = []
    room.onSnapshot((snapshot) => heard.push(snapshot))
    room.onStatus(({ status }) => status == "joined" && void room.leave())
    const joined = watch(room.join())
    await self.clock.advance(100)
    assert.deepEqual([heard, joined(), room.status], [[], "canceled", "left"])
  })
})

describe("who has left", () => {
  test("hears no messages any more, nor those that come before one is let in again", async () => {
    const self = channel()
    const { room, news } = await self.join()
    const session = self.server.sessions[0]!
    void room.leave()
    void room.join()
    session.push([Kind.Message, "a", 8, "item", "late"])
    await self.clock.advance(100)
    session.push([Kind.Message, "a", 9, "item", "new"])
    await self.clock.advance(100)
    assert.deepEqual(news, ["joined", "left", "joined", "new"])
  })

  test("and asks again is not removed by what was said before", async () => {
    const self = channel()
    const { room } = await self.join()
    void room.leave()
    void room.join()
    self.server.sessions[0]!.push([Kind.Left, "a", "forbidden", ""])
    await self.clock.advance(100)
    assert.equal(room.status, "joined")
  })
})

describe("publishing", () => {
  test("resolves with the position", async () => {
    const self = channel()
    const { room } = await self.join()
    const { handle } = self.server
    self.server.handle = (session, packet) => {
      handle(session, packet)
      if (packet[0] == Kind.Publish) session.push([Kind.Reply, packet[1], { epoch: "e", offset: 8 }])
    }
    const published = watch(room.publish("item", { n: 1 }))
    await self.clock.advance(100)
    assert.deepEqual(published(), { epoch: "e", offset: 8 })
    assert.deepEqual(self.server.sessions[0]!.accepted.at(-1), [Kind.Publish, 2, "a", "item", { n: 1 }])
  })

  test("rejects with the server's reason, or with a bad name's", async () => {
    const self = channel()
    const { room } = await self.join()
    self.server.handle = (session, packet) => {
      if (packet[0] == Kind.Publish) session.push([Kind.Error, packet[1], "forbidden", ""])
    }
    const refused = watch(room.publish("item"))
    const unnamed = watch(room.publish("a\nb"))
    await self.clock.advance(100)
    assert.deepEqual([refused(), unnamed()], ["forbidden", "bad_request"])
  })
})
