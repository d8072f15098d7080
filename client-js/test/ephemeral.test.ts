import assert from "node:assert/strict"
import { describe, mock, test } from "node:test"
import { Kind, type Packet } from "../src/packet.js"
import { state } from "../src/presence/state.js"
import { webSocket } from "../src/transports/websocket.js"
import { stage } from "./stage.js"

/** A client in a channel "a" whose members have states, and two clocks that move together. */
async function channel(t: { after(fn: () => void): void }) {
  mock.timers.enable({ apis: ["setTimeout"] })
  t.after(() => mock.timers.reset())
  const { clock, server, connect } = stage()
  const sent: [number, unknown][] = []
  const self = {
    states: [] as [string, string, unknown, number][],
    then: [] as object[],
  }
  const { handle } = server
  server.handle = (session, packet: Packet) => {
    if (packet[0] != Kind.Call || !packet[3].startsWith("hawser:")) return handle(session, packet)
    const answer =
      packet[3] == "hawser:state" ? { states: self.states } : { members: [["s1", "ann"], ["s2", "bob"]] }
    session.push([Kind.Reply, packet[1], answer])
    if (packet[3] == "hawser:state") self.then.forEach(tell)
  }
  const tell = (data: object) => session().push([Kind.Event, "a", "hawser:state", data])
  const session = () => server.sessions[0]!
  const { client, errors } = connect([webSocket()])
  const room = client.channel("a")
  /** Lets time pass, and notes when which states were sent. */
  async function pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i += 5) {
      mock.timers.tick(5)
      await clock.advance(5)
      for (const conn of server.conns)
        for (const packet of conn.got.splice(0))
          if (packet[0] == Kind.Volatile) sent.push([clock.now(), packet[3]])
    }
  }
  void room.join()
  await pass(100)
  return { self, server, client, room, errors, pass, tell, session, values: () => sent.map(([, value]) => value), sent }
}

describe("states of others", () => {
  test("are those that there were, then those that come, and end with their time", async (t) => {
    const { self, room, pass, tell } = await channel(t)
    self.states = [["s1", "typing", true, 1000]]
    const states = state(room)
    const heard: unknown[] = []
    states.on("typing", ({ session, user, value }) => heard.push([session, user, value]))
    await pass(100)
    assert.deepEqual(states.all(), [{ session: "s1", user: "ann", key: "typing", value: true }])
    tell({ session: "s2", key: "typing", value: 1, ttl: 5000 })
    tell({ session: "s2", key: "cursor", value: [1, 2], ttl: 500 })
    await pass(100)
    assert.deepEqual(
      states.all("cursor").map(({ value }) => value),
      [[1, 2]],
    )
    await pass(500)
    assert.deepEqual(states.all("cursor"), [])
    await pass(500)
    assert.deepEqual(
      states.all().map(({ session, key }) => [session, key]),
      [["s2", "typing"]],
    )
    tell({ session: "s2", key: "typing", value: 2, ttl: 5000 })
    tell({ session: "s2", key: "typing", ttl: 0 })
    tell({ session: "s2", key: "typing", ttl: 0 })
    await pass(20)
    assert.deepEqual(heard, [
      ["s1", "ann", true],
      ["s2", "bob", 1],
      ["s1", "ann", undefined],
      ["s2", "bob", 2],
      ["s2", "bob", undefined],
    ])
  })

  test("that are set again last from then on", async (t) => {
    const { room, pass, tell } = await channel(t)
    const states = state(room)
    await pass(50)
    tell({ session: "s1", key: "k", value: 1, ttl: 200 })
    await pass(150)
    tell({ session: "s1", key: "k", value: 2, ttl: 200 })
    await pass(150)
    assert.equal(states.all()[0]!.value, 2)
    await pass(100)
    assert.deepEqual(states.all(), [])
  })

  test("end with their owner's presence", async (t) => {
    const { room, pass, tell, session } = await channel(t)
    const states = state(room)
    const heard: unknown[] = []
    states.on("k", ({ value }) => heard.push(value))
    await pass(50)
    tell({ session: "s1", key: "k", value: 1, ttl: 5000 })
    await pass(20)
    session().push([Kind.Presence, "a", { out: ["s1"] }])
    await pass(20)
    assert.deepEqual([states.all(), heard], [[], [1, undefined]])
  })

  test("that come while the answer does are not undone by it", async (t) => {
    const { self, room, pass } = await channel(t)
    self.states = [["s1", "k", "old", 5000]]
    self.then = [
      { session: "s1", key: "k", value: "new", ttl: 5000 },
      { session: "s2", key: "k", value: "newer", ttl: 5000 },
    ]
    const states = state(room)
    await pass(50)
    assert.deepEqual(
      states.all().map(({ value }) => value),
      ["new", "newer"],
    )
  })

  test("are not those of an answer that was asked for before one left, or was let in anew", async (t) => {
    const { server, room, pass, session, errors } = await channel(t)
    const { handle } = server
    const held: number[] = []
    server.handle = (session, packet) => {
      if (packet[0] == Kind.Call && packet[3] == "hawser:state") held.push(packet[1])
      else handle(session, packet)
    }
    const states = state(room)
    async function answer(n: number, value: number): Promise<unknown[]> {
      session().push([Kind.Reply, held[n]!, { states: [["s1", "k", value, 60000]] }])
      await pass(20)
      return states.all().map((each) => each.value)
    }
    await pass(50)
    void room.leave()
    await pass(50)
    assert.deepEqual(await answer(0, 1), [])
    void room.join()
    await pass(50)
    session().push([Kind.Reset, "a", "e", 9])
    await pass(50)
    assert.deepEqual(await answer(1, 2), [])
    assert.deepEqual([await answer(2, 3), errors], [[3], []])
  })

  test("are compared with what is true after a reset", async (t) => {
    const { self, room, pass, tell, session } = await channel(t)
    const states = state(room)
    const heard: unknown[] = []
    states.on("k", ({ session, value }) => heard.push([session, value]))
    await pass(50)
    tell({ session: "s1", key: "k", value: 1, ttl: 60000 })
    await pass(20)
    self.states = [["s2", "k", 2, 60000]]
    session().push([Kind.Reset, "a", "e", 9])
    await pass(100)
    assert.deepEqual(heard, [
      ["s1", 1],
      ["s1", undefined],
      ["s2", 2],
    ])
  })
})

describe("one's own state", () => {
  test("goes at most once each 50 ms, the latest value last", async (t) => {
    const { room, pass, values, sent } = await channel(t)
    const states = state(room)
    for (let n = 1; n <= 100; n++) {
      states.set("cursor", n, { ttl: 4000 })
      await pass(5)
    }
    await pass(200)
    const times = sent.map(([at]) => at)
    assert.ok(times.length >= 9 && times.length <= 11, "sent " + times.length)
    // The clocks move by 5 ms, one after the other.
    for (let i = 1; i < times.length; i++) assert.ok(times[i]! - times[i - 1]! >= 50 - 5, times.join())
    assert.deepEqual(values()[0], { key: "cursor", value: 1, ttl: 4000 })
    assert.deepEqual(values().at(-1), { key: "cursor", value: 100, ttl: 4000 })
  })

  test("of other keys does not wait", async (t) => {
    const { room, pass, values } = await channel(t)
    state(room).set("a", 1, { ttl: 1000 })
    state(room).set("b", 2, { ttl: 1000 })
    await pass(10)
    assert.equal(values().length, 2)
  })

  test("with a lifetime ends with it; without one it is sent again in time, until it is cleared", async (t) => {
    const { room, pass, values } = await channel(t)
    const states = state(room)
    states.set("typing", true, { ttl: 4000 })
    await pass(10000)
    assert.deepEqual(values().splice(0), [{ key: "typing", value: true, ttl: 4000 }])
    states.set("cursor", 1)
    await pass(9000)
    assert.deepEqual(
      values().slice(1),
      Array.from({ length: 5 }, () => ({ key: "cursor", value: 1, ttl: 5000 })),
      "each 2 s",
    )
    states.clear("cursor")
    await pass(10000)
    assert.deepEqual(values().slice(6), [{ key: "cursor" }])
  })

  test("lasts no longer than the protocol allows", async (t) => {
    const { room, pass, values } = await channel(t)
    state(room).set("k", 1, { ttl: 1e9 })
    await pass(10)
    assert.deepEqual(values(), [{ key: "k", value: 1, ttl: 60000 }])
  })

  test("is said again at once in another session, and forgotten when one leaves", async (t) => {
    const { room, pass, values, server } = await channel(t)
    const states = state(room)
    states.set("k", 1)
    await pass(100)
    server.forget()
    server.conns.at(-1)!.cut()
    await pass(1500)
    assert.equal(values().length, 2)
    void room.leave()
    await pass(50)
    void room.join()
    await pass(10000)
    assert.equal(values().length, 2)
  })

  test("ends with the client: nothing waits to say it again", async (t) => {
    const { client, room, pass, values } = await channel(t)
    const left: unknown[] = []
    room.onStatus(({ status, error }) => left.push([status, error]))
    const states = state(room)
    const waiting = mock.method(globalThis, "clearTimeout").mock // counts what is taken back
    states.set("typing", true)
    await pass(100)
    const before = waiting.callCount()
    void client.close()
    await pass(10_000)
    assert.deepEqual(left, [["left", undefined]])
    assert.equal(waiting.callCount(), before + 1)
    assert.deepEqual(values(), [{ key: "typing", value: true, ttl: 5000 }])
  })

  test("ends when it is closed, with everything", async (t) => {
    const { room, pass, values, tell } = await channel(t)
    const states = state(room)
    states.set("k", 1)
    await pass(100)
    states.close()
    tell({ session: "s1", key: "k", value: 1, ttl: 5000 })
    await pass(10000)
    assert.deepEqual(values(), [{ key: "k", value: 1, ttl: 5000 }, { key: "k" }])
    assert.deepEqual(states.all(), [])
    assert.notEqual(state(room), states)
  })
})
