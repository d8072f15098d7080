// Members of channels on bad networks: each sees every message once and in order, or is told that some were lost.

import assert from "node:assert/strict"
import { describe, test, type TestContext } from "node:test"
import type { Client, Codec, Position } from "../../src/index.js"
import { state } from "../../src/presence/state.js"
import { presence } from "../../src/presence/presence.js"
import { history } from "../../src/history.js"
import { startLab } from "./lab.js"
import { startProxy } from "./proxy.js"
import { between, randomFor } from "./random.js"
import { report } from "./report.js"
import { automatic, combinations, connectTo, type Subject, websocketOnly } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab("-window", "2s")

/** What publishers have said: the number at each offset of each channel. */
type Truth = Map<string, Map<number, number>>

interface Published {
  n: number
}

/**
 * Follows channels, from positions if there are some, and notes the offsets and numbers that come. Returns what ends it
 * and gives the positions.
 */
async function follow(client: Client, names: string[], seen: Seen, since: { [name: string]: Position } = {}) {
  const rooms = names.map((name) => client.channel<{ item: Published }>(name))
  const stops = rooms.flatMap((room) => [
    room.on("item", ({ n }) => seen.note(room.name, room.position!, n)),
    room.onStatus(({ status, recovered }) => {
      if (status !== "left" && recovered === false) seen.lost(room.name)
    }),
  ])
  await Promise.all(rooms.map((room) => room.join(undefined, { since: since[room.name] })))
  return function stop(): { [name: string]: Position } {
    stops.forEach((off) => off())
    return Object.fromEntries(rooms.map((room) => [room.name, room.position!]))
  }
}

type Seen = ReturnType<typeof witness>

/** Judges what a member sees of its channels, as it comes. */
function witness(truth: Truth) {
  const last: { [name: string]: number } = {}
  const verdict = { messages: 0, doubled: 0, skipped: 0, lost: 0 }
  const numbers: [string, number, number][] = []
  let forgiven: { [name: string]: boolean } = {}
  return {
    last,
    verdict,
    note(name: string, { offset }: Position, n: number): void {
      verdict.messages++
      const expected = (last[name] ?? 0) + 1
      if (offset < expected) verdict.doubled++
      else if (offset > expected && !forgiven[name]) verdict.skipped++
      forgiven[name] = false
      last[name] = offset
      numbers.push([name, offset, n])
    },
    lost(name: string): void {
      verdict.lost++
      forgiven = { ...forgiven, [name]: true }
    },
    /** How many numbers are not what was published there. */
    wrong: () => numbers.filter(([name, offset, n]) => truth.get(name)!.get(offset) !== n).length,
  }
}

describe("8 channels, 4 publishers, members cut, half-open, away for long, and reloaded", { concurrency: true }, () => {
  const [CHANNELS, PUBLISHERS, HZ, FAULTS] = [8, 4, 50, 8]

  for (const { subject, codec, name } of combinations()) {
    test(name, { timeout: 150_000 }, (t) => chaos(t, subject, codec, name))
  }

  async function chaos(t: TestContext, subject: Subject, codec: Codec, title: string): Promise<void> {
    const random = randomFor("channels: " + title)
    const names = Array.from({ length: CHANNELS }, (_, i) => `hist:${title.replace(/\W/g, "")}-${i}`)
    const truth: Truth = new Map(names.map((name) => [name, new Map<number, number>()]))
    let away = false
    const proxy = await startProxy({ port: lab.port, random, blocks: () => away })
    t.after(proxy.close)

    const seen = witness(truth)
    let client = connectTo(proxy.url, subject, { codec })
    t.after(() => client.close())
    let stop = await follow(client, names, seen)
    const sessions = new Set([client.session])

    let enough = false
    const done = Promise.all(Array.from({ length: PUBLISHERS }, (_, p) => publish(p)))
    async function publish(p: number): Promise<void> {
      const publisher = connectTo(lab.url, automatic, { codec })
      t.after(() => publisher.close())
      const mine = names.map((name) => publisher.channel<{ item: Published }>(name))
      await Promise.all(mine.map((room) => room.join()))
      for (let n = p; !enough; n += PUBLISHERS) {
        const room = mine[between(random, 0, CHANNELS - 1)]!
        const { offset } = await room.publish("item", { n })
        truth.get(room.name)!.set(offset, n)
        await new Promise((resolve) => setTimeout(resolve, 1000 / HZ))
      }
    }

    // A session with a half-open connection does not end while the server believes in that: being away comes before.
    const faults = { cut: 0, away: 0, "half-open": 0, reload: 0 }
    const kinds = Object.keys(faults) as (keyof typeof faults)[]
    for (let i = 0; i < FAULTS; i++) {
      const kind = kinds[i % kinds.length]!
      const before = seen.verdict.messages
      await until("it goes on", () => seen.verdict.messages > before + between(random, 1, 20), 60_000)
      faults[kind]++
      if (kind === "cut") proxy.cut(i % 2 ? "fin" : "reset")
      else if (kind === "half-open") proxy.cut("half-open")
      else if (kind === "away") {
        away = true
        proxy.cut("reset")
        // Longer than the session is kept.
        await new Promise((resolve) => setTimeout(resolve, 5000))
        away = false
        await until("it is back", () => client.status === "online", 60_000)
      } else {
        const since = stop()
        void client.close()
        client = connectTo(proxy.url, subject, { codec })
        stop = await follow(client, names, seen, since)
      }
      sessions.add(client.session)
    }
    enough = true
    await done
    await until(
      "all has come",
      () => names.every((name) => (seen.last[name] ?? 0) === truth.get(name)!.size),
      60_000,
      () => seen.verdict,
    )
    report(t, { test: "channels: " + title, ...faults, sessions: sessions.size, ...seen.verdict, wrong: seen.wrong() })
    const { doubled, skipped, lost } = seen.verdict
    assert.deepEqual({ doubled, skipped, lost, wrong: seen.wrong() }, { doubled: 0, skipped: 0, lost: 0, wrong: 0 })
    const published = [...truth.values()].reduce((sum, { size }) => sum + size, 0)
    assert.equal(seen.verdict.messages, published, "each was seen once")
    assert.ok(sessions.size > 1 + faults.reload, "a session was lost")
  }
})

describe("a channel", { concurrency: true }, () => {
  test("a snapshot and what follows it make the true state, whenever one joins", async (t) => {
    const writer = connectTo(lab.url, websocketOnly)
    t.after(() => writer.close())
    const counter = writer.channel("snap:1")
    await counter.join()
    const adding = (async () => {
      for (let i = 0; i < 300; i++) await counter.call("add", { n: 1 + (i % 3) })
    })()
    const totals: (() => number)[] = []
    for (let i = 0; i < 20; i++) {
      const reader = connectTo(lab.url, automatic)
      t.after(() => reader.close())
      const room = reader.channel<{ added: { n: number } }>("snap:1")
      let total = NaN
      room.onSnapshot<{ total: number }>((snapshot) => (total = snapshot.total))
      room.on("added", ({ n }) => (total += n))
      await room.join()
      totals.push(() => total)
    }
    await adding
    await until("all know it", () => totals.every((total) => total() === 600), 10_000, () => totals.map((total) => total()))
  })

  test("history is read in pages", async (t) => {
    const client = connectTo(lab.url, automatic)
    t.after(() => client.close())
    const room = client.channel<{ item: Published }>("hist:pages")
    await room.join()
    for (let n = 1; n <= 25; n++) await room.publish("item", { n })
    const all: number[] = []
    for (let page = await history(room, { limit: 10 }); ; ) {
      all.unshift(...page.messages.map(({ data }) => data.n))
      const older = await page.older()
      if (!older) break
      page = older
    }
    assert.deepEqual(
      all,
      Array.from({ length: 25 }, (_, i) => i + 1),
    )
    await assert.rejects(history(room, { before: { epoch: "another", offset: 3 } }), { code: "bad_request" })
  })

  test("who is here is known, and what they show, until they go", async (t) => {
    const [ann, bob] = ["ann", "bob"].map((token) => connectTo(lab.url, websocketOnly, { auth: () => token }))
    t.after(() => ann!.close())
    t.after(() => bob!.close())
    const [hers, his] = [ann!.channel("seen:1"), bob!.channel("seen:1")]
    await Promise.all([hers.join(), his.join()])
    const here = presence<{ mood: string }>(hers)
    const states = state(hers)
    const users = (): string => here.users().map(({ user }) => user).sort().join()
    await until("both are here", () => users() === "ann,bob", 10_000, users)
    await presence(his).enter({ mood: "good" })
    await until("his mood is known", () => here.session(bob!.session!)?.data?.mood === "good", 10_000)
    state(his).set("typing", true)
    await until("he types", () => states.all("typing").some(({ user }) => user === "bob"), 10_000)
    state(his).clear("typing")
    await until("he types no more", () => states.all("typing").length === 0, 10_000)
    state(his).set("typing", true)
    await until("he types again", () => states.all("typing").length === 1, 10_000)
    await bob!.close()
    await until("he is gone, and so is what he showed", () => users() === "ann" && states.all().length === 0, 20_000, users)
    states.close()
    here.close()
  })

  test("who is removed is told so", async (t) => {
    const client = connectTo(lab.url, websocketOnly, { auth: () => "eve" })
    t.after(() => client.close())
    const room = client.channel("hist:private")
    const left: unknown[] = []
    room.onStatus(({ status, error }) => status === "left" && left.push(error?.code))
    await room.join()
    await client.call("revoke", { user: "eve", channel: "hist:private" })
    await until("she is told", () => left.length === 1, 10_000)
    assert.deepEqual([left, room.status], [["forbidden"], "left"])
  })
})
