import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { Kind, type Packet } from "../src/packet.js"
import { count, type Member, presence, type User } from "../src/presence/presence.js"
import { webSocket } from "../src/transports/websocket.js"
import { stage, watch } from "./stage.js"

type Listed = [string, string, unknown?]

/** A client in a channel "a", on a server that says who is here. */
async function channel() {
  const { clock, server, connect } = stage()
  const asked: unknown[] = []
  const self = {
    clock,
    server,
    /** What the client asked of presence, as [event, data]. */
    asked,
    members: [] as Listed[],
    /** What follows an answer at once. */
    then: [] as object[],
    refuses: false,
    diff: (data: object) => server.sessions[0]!.push([Kind.Presence, "a", data]),
  }
  const { handle } = server
  server.handle = (session, packet: Packet) => {
    if (packet[0] != Kind.Call || !packet[3].startsWith("hawser:")) return handle(session, packet)
    asked.push([packet[3], packet[5]])
    if (self.refuses) session.push([Kind.Error, packet[1], "forbidden", ""])
    else if (packet[3] == "hawser:count") session.push([Kind.Reply, packet[1], { users: 2, sessions: 3 }])
    else session.push([Kind.Reply, packet[1], { members: self.members }])
    self.then.forEach(self.diff)
  }
  const { client, errors } = connect([webSocket()])
  const room = client.channel("a")
  return {
    ...self,
    self,
    client,
    room,
    errors,
    async join() {
      void room.join()
      await clock.advance(100)
    },
    /** The news that a presence tells, in words. */
    news(here: ReturnType<typeof presence>) {
      const news: string[] = []
      const say = (what: string) => (user: User) => news.push([what, user.user, ...user.sessions.map(show)].join(" "))
      for (const what of ["join", "leave", "update"] as const) here.on(what, say(what))
      return news
    },
  }
}

const show = ({ session, data }: Member): string => session + (data === undefined ? "" : "=" + String(data))
const list = (here: ReturnType<typeof presence>) =>
  here.users().map(({ user, sessions }) => [user, ...sessions.map(show)].join(" "))

describe("presence", () => {
  test("is a list, then its changes; a user with three tabs is one user", async () => {
    const { self, join, room, news, clock } = await channel()
    self.members = [
      ["s1", "ann", 1],
      ["s2", "bob"],
      ["s3", "ann", 3],
    ]
    const here = presence(room)
    const heard = news(here)
    await join()
    assert.deepEqual(list(here), ["ann s1=1 s3=3", "bob s2"])
    assert.deepEqual(here.count(), { users: 2, sessions: 3 })
    assert.deepEqual(here.session("s3"), { session: "s3", user: "ann", data: 3 })
    assert.deepEqual(here.sessions().map(show), ["s1=1", "s2", "s3=3"])
    self.diff({ in: [["s4", "ann", 4]] })
    self.diff({ out: ["s1", "s3", "s9"] })
    self.diff({ in: [["s5", "eve"]], out: ["s2"] })
    self.diff({ out: ["s4"] })
    await clock.advance(100)
    assert.deepEqual(heard, [
      "join ann s1=1 s3=3",
      "join bob s2",
      "update ann s1=1 s3=3 s4=4",
      "update ann s4=4",
      "leave bob s2",
      "join eve s5",
      "leave ann s4=4",
    ])
    assert.deepEqual(list(here), ["eve s5"])
  })

  test("has each session of nobody's as a user of its own", async () => {
    const { self, join, room } = await channel()
    self.members = [
      ["s1", ""],
      ["s2", ""],
    ]
    const here = presence(room)
    await join()
    assert.deepEqual(here.count(), { users: 2, sessions: 2 })
  })

  test("has no hole between the answer and what follows in the same frame", async () => {
    const { self, join, room, news } = await channel()
    self.members = [["s1", "ann"]]
    self.then = [{ in: [["s2", "bob"]] }, { out: ["s1"] }]
    const here = presence(room)
    const heard = news(here)
    await join()
    assert.deepEqual(list(here), ["bob s2"])
    assert.deepEqual(heard, ["join ann s1", "join bob s2", "leave ann s1"])
  })

  test("takes no answer to what it asked before it left, or was let in anew", async () => {
    const { server, clock, join, room, errors } = await channel()
    const { handle } = server
    const held: number[] = []
    server.handle = (session, packet) => {
      if (packet[0] == Kind.Call && packet[3] == "hawser:presence") held.push(packet[1])
      else handle(session, packet)
    }
    const here = presence(room)
    async function answer(n: number, who: string): Promise<void> {
      server.sessions[0]!.push([Kind.Reply, held[n]!, { members: [[who, who]] }])
      await clock.advance(100)
    }
    await join()
    void room.leave()
    await clock.advance(100)
    await answer(0, "s1")
    assert.deepEqual(list(here), [])
    await join()
    server.sessions[0]!.push([Kind.Reset, "a", "e", 9])
    await clock.advance(100)
    await answer(1, "s2")
    assert.deepEqual(list(here), [])
    await answer(2, "s3")
    assert.deepEqual([list(here), errors], [["s3 s3"], []])
  })

  test("data that changes keeps its place", async () => {
    const { self, join, room, news, clock } = await channel()
    self.members = [
      ["s1", "ann", 1],
      ["s2", "ann", 2],
    ]
    const here = presence(room)
    await join()
    const heard = news(here)
    self.diff({ in: [["s1", "ann", 7]] })
    await clock.advance(100)
    assert.deepEqual(heard, ["update ann s1=7 s2=2"])
  })

  test("is asked for again when the session was lost, and only what changed is news", async () => {
    const { self, join, room, news, clock, server } = await channel()
    self.members = [
      ["s1", "ann", { x: 1 }],
      ["s2", "bob"],
    ]
    const here = presence(room)
    await join()
    const heard = news(here)
    server.forget()
    server.conns.at(-1)!.cut()
    await clock.advance(1)
    assert.deepEqual(here.count(), { users: 2, sessions: 2 }, "a blip is no leave")
    self.members = [
      ["s1", "ann", { x: 1 }],
      ["s3", "eve"],
    ]
    await clock.advance(3000)
    assert.deepEqual(heard, ["leave bob s2", "join eve s3"])
    assert.equal(self.asked.length, 2)
  })

  test("is asked for again after a reset, though nothing else was lost", async () => {
    const { self, join, room, clock, server } = await channel()
    presence(room)
    await join()
    server.sessions[0]!.push([Kind.Reset, "a", "e", 9])
    await clock.advance(100)
    assert.equal(self.asked.length, 2)
  })

  test("takes nothing from a diff between a reset and the next membership, whose list is in the place of all before", async () => {
    const { self, join, room, news, clock, server } = await channel()
    self.members = [
      ["s1", "ann"],
      ["s2", "bob"],
    ]
    const here = presence(room)
    await join()
    const heard = news(here)
    const joins = server.sessions[0]!.accepted.filter(([kind]) => kind == Kind.Join).length
    server.sessions[0]!.push([Kind.Reset, "a", "e", 9])
    self.diff({ in: [["s3", "ghost"]], out: ["s1"] })
    self.members = [
      ["s1", "ann"],
      ["s4", "eve"],
    ]
    await clock.advance(100)
    assert.equal(server.sessions[0]!.accepted.filter(([kind]) => kind == Kind.Join).length, joins + 1)
    assert.deepEqual(list(here), ["ann s1", "eve s4"])
    assert.deepEqual(heard, ["leave bob s2", "join eve s4"])
  })

  test("has nobody where the server does not say any more who is here", async () => {
    const { self, join, room, news, clock, server, errors } = await channel()
    self.members = [["s1", "ann"]]
    const here = presence(room)
    await join()
    const heard = news(here)
    self.refuses = true
    server.sessions[0]!.push([Kind.Reset, "a", "e", 9])
    await clock.advance(100)
    assert.deepEqual([list(here), heard, errors], [[], ["leave ann s1"], ["forbidden"]])
  })

  test("waits for its list as long as it takes", async () => {
    const { self, join, room, clock, server } = await channel()
    const here = presence(room)
    const { handle } = server
    let answer = (): void => {}
    server.handle = (session, packet) => {
      if (packet[0] == Kind.Call) answer = () => handle(session, packet)
      else handle(session, packet)
    }
    self.members = [["s1", "ann"]]
    await join()
    await clock.advance(60_000)
    answer()
    await clock.advance(100)
    assert.deepEqual(list(here), ["ann s1"])
  })

  test("begins at once in a channel that one is in already, and is the same object each time", async () => {
    const { self, join, room, clock } = await channel()
    self.members = [["s1", "ann"]]
    await join()
    const here = presence(room)
    assert.equal(presence(room), here)
    await clock.advance(100)
    assert.deepEqual(list(here), ["ann s1"])
    assert.equal(self.asked.length, 1)
  })

  test("is empty once one has left, and nobody is said to have left", async () => {
    const { self, join, room, news, clock } = await channel()
    self.members = [["s1", "ann"]]
    const here = presence(room)
    await join()
    const heard = news(here)
    void room.leave()
    self.diff({ in: [["s2", "late"]] })
    await clock.advance(100)
    assert.deepEqual([here.users(), here.sessions(), heard], [[], [], []])
    void room.join()
    await clock.advance(100)
    assert.deepEqual(heard, ["join ann s1"])
  })

  test("that is refused is empty, and reported", async () => {
    const { self, join, room, errors } = await channel()
    self.refuses = true
    const here = presence(room)
    await join()
    assert.deepEqual([here.users(), errors], [[], ["forbidden"]])
  })

  test("that one may not enter is reported, and no rejection is unhandled", async () => {
    const { self, clock, room, join, errors } = await channel()
    await join()
    self.refuses = true
    void presence(room).enter({ mood: "good" })
    // Node fails a test that leaves a rejection unhandled.
    await clock.advance(100)
    assert.deepEqual(errors, ["forbidden", "forbidden"])
  })

  test("ends when it is closed", async () => {
    const { self, join, room, news, clock } = await channel()
    const here = presence(room)
    await join()
    const heard = news(here)
    here.close()
    self.diff({ in: [["s2", "bob"]] })
    await clock.advance(100)
    assert.deepEqual([self.asked.at(-1), heard], [["hawser:presence", { watch: false }], []])
    assert.notEqual(presence(room), here)
  })

  test("is counted without a list, and entered", async () => {
    const { self, join, room, clock } = await channel()
    await join()
    const counted = watch(count(room))
    const entered = watch(presence(room).enter({ mood: "good" }))
    await clock.advance(100)
    assert.deepEqual([counted(), entered()], [{ users: 2, sessions: 3 }, "ok"])
    assert.deepEqual(self.asked, [
      ["hawser:count", undefined],
      ["hawser:presence", undefined],
      ["hawser:enter", { data: { mood: "good" } }],
    ])
  })
})
