// One noisy channel is more than a slow reader's line carries. It costs that channel a reset, and nobody else anything.

import assert from "node:assert/strict"
import { describe, test, type TestContext } from "node:test"
import { type ChannelStatus, type Client, type Codec } from "../../src/index.js"
import { Kind, type Packet } from "../../src/packet.js"
import { startLab } from "./lab.js"
import { startNetlab } from "./netlab.js"
import { report } from "./report.js"
import { combinations, connectTo, type Subject, websocketOnly } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab()

interface Item {
  n: number
  pad?: string
}

/** What the server may have waiting for a session, and what systems and proxies on the way take beside that, in bytes. */
const WAITING = 1 << 20
const COUNT = 600
const PAD = "x".repeat(10_000)
/** Bytes a second. */
const RATE = 1_000_000

/** A reader behind a slow line, and what its wires bring it. */
async function slowReader(t: TestContext, subject: Subject, codec: Codec) {
  const network = await startNetlab(t, lab.port, `slow-link:down=${RATE}`)
  const resets: string[] = []
  const watched: Codec = {
    ...codec,
    decode(frame) {
      const packets = codec.decode(frame)
      packets.forEach((packet: Packet) => packet[0] === Kind.Reset && resets.push(packet[1]))
      return packets
    },
  }
  const errors: Error[] = []
  const client = connectTo(network.url, subject, { codec: watched }, errors)
  t.after(() => client.close())
  await client.ready
  const sessions = new Set([client.session])
  client.onStatus(() => sessions.add(client.session))
  return { network, client, resets, errors, sessions }
}

/** Follows a channel: the numbers that came, and what became of the membership. */
async function follow(client: Client, name: string) {
  const room = client.channel<{ item: Item }>(name)
  const numbers: number[] = []
  const statuses: ChannelStatus[] = []
  room.on("item", ({ n }) => numbers.push(n))
  await room.join()
  room.onStatus((status) => statuses.push(status))
  return { room, numbers, statuses }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

describe("a slow reader of a noisy channel", { concurrency: 4 }, () => {
  assert.ok(COUNT * PAD.length > 4 * WAITING)
  for (const { subject, codec, name } of combinations()) {
    for (const kept of [false, true]) {
      test(`${name}, ${kept ? "with" : "without"} a history`, { timeout: 120_000 }, (t) => play(t, subject, codec, name, kept))
    }
  }

  async function play(t: TestContext, subject: Subject, codec: Codec, title: string, kept: boolean): Promise<void> {
    const id = title.replace(/\W/g, "") + (kept ? "-kept" : "")
    const { network, client, resets, errors, sessions } = await slowReader(t, subject, codec)
    const noisy = await follow(client, (kept ? "hist:noisy-" : "lab:noisy-") + id)
    const quiet = await follow(client, "hist:quiet-" + id)

    const writer = connectTo(lab.url, websocketOnly)
    t.after(() => writer.close())
    const [loud, soft] = [writer.channel<{ item: Item }>(noisy.room.name), writer.channel<{ item: Item }>(quiet.room.name)]
    await Promise.all([loud.join(), soft.join()])
    if (!kept) {
      await loud.call("flood", { event: "item", count: COUNT, size: PAD.length })
    } else {
      // Not waited for one by one; what the client may have waiting has a bound, too.
      for (let n = 1; n <= COUNT; n += 50) {
        await Promise.all(upTo(50).map((i) => loud.publish("item", { n: n + i - 1, pad: PAD })))
      }
    }
    // While the line is full: calls are answered, and another channel misses nothing.
    const calls = upTo(5).map(async (n) => {
      await soft.publish("item", { n })
      assert.equal(await client.call("echo", n), n)
    })
    await until("the noisy channel is reset", () => resets.length > 0)
    await Promise.all(calls)
    await network.set("")
    await until("the quiet channel has all", () => quiet.numbers.length === calls.length)
    await until("it is a member again", () => noisy.room.status === "joined")
    if (kept) await until("all has come", () => noisy.numbers.length >= COUNT, 30_000, () => noisy.numbers.length)
    await loud.call(kept ? "publish" : "flood", kept ? { n: COUNT + 1 } : { event: "item", count: 1 })
    await until("it goes on", () => noisy.numbers.at(-1) === (kept ? COUNT + 1 : 1))

    report(t, { test: `overflow${kept ? ", history" : ""}: ${title}`, resets: resets.length, messages: noisy.numbers.length })
    assert.deepEqual(new Set(resets), new Set([noisy.room.name]), "of no other channel")
    assert.deepEqual([...quiet.numbers].sort(), upTo(calls.length))
    assert.deepEqual(quiet.statuses, [])
    assert.deepEqual([sessions.size, errors], [1, []], "the session goes on")
    if (kept) {
      assert.deepEqual(noisy.numbers, upTo(COUNT + 1), "each once and in order")
      assert.deepEqual(noisy.statuses, [], "nothing was lost, so that there is no news")
    } else {
      assert.ok(noisy.numbers.length <= COUNT)
      assert.ok(noisy.statuses.length > 0)
      noisy.statuses.forEach((status) => assert.deepEqual(status, { status: "reset", recovered: false }))
      const came = noisy.numbers.slice(0, -1)
      assert.ok(came.every((n, i) => i === 0 || n > came[i - 1]!), "in order")
    }
  }
})
