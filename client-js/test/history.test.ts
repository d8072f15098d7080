import assert from "node:assert/strict"
import { test } from "node:test"
import { history } from "../src/history.js"
import { Kind } from "../src/packet.js"
import { webSocket } from "../src/transports/websocket.js"
import { stage, watch } from "./stage.js"

/** A client in a channel that has had that many messages. */
async function channel(messages: number) {
  const { clock, server, connect } = stage()
  const asked: unknown[] = []
  const { handle } = server
  server.handle = (session, packet) => {
    if (packet[0] != Kind.Call) return handle(session, packet)
    const { before = messages + 1, limit = 2, epoch = "e" } = packet[5] as { [name: string]: never }
    asked.push(packet[5])
    if (epoch != "e") return session.push([Kind.Error, packet[1], "bad_request", "epoch"])
    const all = Array.from({ length: messages }, (_, i) => [i + 1, "said", { n: i + 1 }])
    const page = all.filter(([n]) => (n as number) < before).slice(-limit)
    session.push([Kind.Reply, packet[1], { epoch: "e", messages: page, more: page[0] !== undefined && page[0][0] != 1 }])
  }
  const { client } = connect([webSocket()])
  const room = client.channel<{ said: { n: number } }>("a")
  void room.join()
  await clock.advance(100)
  async function settled<T>(promise: Promise<T>): Promise<T> {
    await clock.advance(100)
    return promise
  }
  return { clock, server, room, asked, settled }
}

test("history comes in pages, the latest first, each in order", async () => {
  const { room, settled, asked } = await channel(5)
  const pages: number[][] = []
  for (let page = await settled(history(room)); ; ) {
    pages.push(page.messages.map(({ offset, event, data }) => (assert.equal(event, "said"), offset * 10 + data.n)))
    const older = await settled(page.older())
    if (!older) break
    page = older
  }
  assert.deepEqual(pages, [[44, 55], [22, 33], [11]])
  assert.deepEqual(asked, [{}, { epoch: "e", before: 4 }, { epoch: "e", before: 2 }])
})

test("history can be of what came before a position, and of so many", async () => {
  const { room, settled, asked } = await channel(9)
  const page = await settled(history(room, { before: { epoch: "e", offset: 7 }, limit: 3 }))
  assert.deepEqual(
    page.messages.map(({ offset }) => offset),
    [4, 5, 6],
  )
  assert.equal(page.more, true)
  await settled(page.older())
  assert.deepEqual(asked.at(-1), { epoch: "e", before: 4, limit: 3 })
})

test("history that is empty has nothing before it", async () => {
  const { room, settled } = await channel(0)
  const page = await settled(history(room))
  assert.deepEqual([page.messages, page.more, await page.older()], [[], false, undefined])
})

test("history of another epoch is refused", async () => {
  const { room, clock } = await channel(3)
  const refused = watch(history(room, { before: { epoch: "f", offset: 2 } }))
  await clock.advance(100)
  assert.equal(refused(), "bad_request")
})

test("history that nobody waits for leaves no rejection unhandled", async () => {
  const { clock, room, asked } = await channel(1)
  // Node fails a test that leaves one.
  void history(room, { before: { epoch: "other", offset: 1 } })
  await clock.advance(100)
  assert.equal(asked.length, 1)
})

test("history has bytes where bytes were published, with either codec", async () => {
  const { room, server, settled } = await channel(0)
  const bytes = new Uint8Array([1, 2, 3])
  server.handle = (session, packet) =>
    packet[0] == Kind.Call &&
    session.push([
      Kind.Reply,
      packet[1],
      { epoch: "e", messages: [[1, "said", "AQID", 1], [2, "said"], [3, "said", "AQID"]], more: false },
    ])
  const page = await settled(history(room))
  assert.deepEqual(
    page.messages.map(({ data }) => data as unknown),
    [bytes, undefined, "AQID"],
  )
})

test("history that is none is an error, not a wrong answer", async () => {
  const { room, server, clock } = await channel(0)
  server.handle = (session, packet) =>
    packet[0] == Kind.Call &&
    session.push([Kind.Reply, packet[1], { epoch: "e", messages: [[1, "said", "no base64!", 1]], more: false }])
  const asked = history(room).then(
    () => "ok",
    (error: Error) => error.name,
  )
  await clock.advance(100)
  assert.notEqual(await asked, "ok")
})
