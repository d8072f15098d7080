// More comes than the application's handlers can take: the page stays usable, nothing is lost, and what waits is bounded.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Encoded } from "../src/codecs/codec.js"
import { json } from "../src/codecs/json.js"
import { Kind } from "../src/packet.js"
import type { Transport } from "../src/transports/transport.js"
import { webSocket } from "../src/transports/websocket.js"
import { each, stage } from "./stage.js"

/** How many packets a server sends without an acknowledgement. */
const WINDOW = 16384
/** How long a handler takes, in ms. */
const WORK = 1

/** A client whose handler works for each event, and a server that sends whatever its log takes. */
async function flood(transport: Transport, total: number, heard: (n: number) => void = () => {}) {
  const s = stage()
  const { client, errors } = s.connect([transport])
  await s.clock.advance(100)
  const session = s.server.sessions[0]!
  const got: number[] = []
  let sent = 0
  let stretch = 0 // events since anything else could run
  let longest = 0
  client.on("n", (n: number) => {
    got.push(n)
    if (!stretch++) setImmediate(() => (stretch = 0))
    longest = Math.max(longest, stretch)
    s.clock.spend(WORK)
    heard(n)
  })
  return {
    ...s,
    client,
    errors,
    session,
    got,
    longest: () => longest,
    /** Sends until the log is full, lets time pass, and so on, until all has been sent and heard. */
    async run() {
      for (let turns = 0; got.length < total; turns++) {
        assert.ok(turns < total, "it came to a halt")
        try {
          while (sent < total) {
            session.push([Kind.Event, "", "n", sent])
            sent++
          }
        } catch {
          // The log is full.
        }
        await s.clock.advance(100)
      }
    },
  }
}

for (const [name, transport] of each) {
  test(name + ": a flood is handed on whole and in order, and not acknowledged before", async () => {
    const total = 20000
    let most = 0
    let ahead = 0
    const f = await flood(transport(), total, (n) => {
      most = Math.max(most, f.session.out.sent() - n)
      ahead = Math.max(ahead, f.session.out.acked() - n - 1)
    })
    await f.run()
    assert.deepEqual(f.got, Array.from({ length: total }, (_, i) => i))
    assert.equal(ahead, 0)
    assert.ok(most > 1000 && most <= WINDOW + 1, `${most} waited`)
    // A poll brings one batch, which is handed on before the next poll.
    if (name != "polling") assert.ok(f.longest() <= 20, `${f.longest()} ms without a rest`)
    await f.clock.advance(20000)
    assert.equal(f.session.out.acked(), f.session.out.sent(), "all is acknowledged in the end")
    assert.deepEqual(f.errors, [])
  })
}

test("what comes at once, in however many frames, does not make one long task", async () => {
  let take!: (frame: Encoded) => void
  let held: Encoded[] = []
  const holding: Transport = {
    ...webSocket(),
    open(o) {
      take = o.frame
      return webSocket().open({ ...o, frame: (frame) => (f ? held.push(frame) : take(frame)) })
    },
  }
  let f: Awaited<ReturnType<typeof flood>> | undefined
  f = await flood(holding, 600)
  const { session, got, clock } = f
  const push = (n: number) => session.push([Kind.Event, "", "n", n])
  for (let n = 0; n < 300; n++) push(n)
  await clock.advance(100)
  assert.equal(held.length, 300)
  held.forEach(take)
  await clock.advance(2000)
  assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => i))
  assert.ok(f.longest() <= 20, `${f.longest()} ms without a rest`)

  // At a pace that leaves time between them, nobody waits for a timer.
  for (let n = 300; n < 600; n++) {
    push(n)
    await clock.advance(f.server.delay)
    held.splice(0).forEach(take)
    assert.equal(got.length, n + 1)
    await clock.advance(1)
  }
})

test("volatile events wait up to a bound, and then are dropped", async () => {
  const total = 10000
  const f = await flood(transportNamed("websocket"), total)
  const socket = f.session.used!
  const volatile = Array.from({ length: total }, (_, n) => String(json.encode([Kind.Volatile, "", "n", n])))
  socket.down(volatile)
  await f.clock.advance(10000)
  assert.deepEqual(f.got, Array.from({ length: 4096 }, (_, i) => i))
  socket.down(volatile.slice(0, 1))
  await f.clock.advance(100)
  assert.equal(f.got.length, 4097, "there is room again")
})

test("nobody is to hear of it while offline: the rest comes when it is online again", async () => {
  const statuses: string[] = []
  const f = await flood(transportNamed("websocket"), 1000, (n) => {
    statuses.push(f.client.status)
    if (n == 20) f.client.cut()
  })
  await f.run()
  assert.deepEqual(f.got, Array.from({ length: 1000 }, (_, i) => i))
  assert.deepEqual([...new Set(statuses)], ["online"])
})

for (const hidden of [false, true]) {
  test(`in a page that ${hidden ? "nobody sees, whose timers are slow, there are no" : "is seen there are"} rests`, async () => {
    const f = await flood(transportNamed("websocket"), 1000)
    f.server.platform.hidden = () => hidden
    // What comes after a cut comes in one frame.
    f.client.cut()
    await f.run()
    assert.equal(f.longest() > 20, hidden)
  })
}

function transportNamed(wanted: string): Transport {
  return each.find(([name]) => name == wanted)![1]()
}
