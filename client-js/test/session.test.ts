import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, test } from "node:test"
import { hawserError, type HawserError } from "../src/errors.js"
import { Kind } from "../src/packet.js"
import { acks, type Cursor, type Entry, incoming, type Limits, type Outgoing, outgoing } from "../src/session.js"

// docs/vectors/README.md describes the scripts.

interface Step {
  op: string
  expect?: unknown
  bytes: number
  recv: number
  budget: number
  n: number
  wire?: string
}
interface Script {
  name: string
  side: string
  limits?: Partial<Limits>
  steps: Step[]
}

const { scripts } = JSON.parse(readFileSync("../docs/vectors/session.json", "utf8")) as { scripts: Script[] }

/** What a step returned or threw, in the scripts' words. */
function outcome(run: () => unknown, words: Record<string, string>): unknown {
  try {
    return run()
  } catch (error) {
    const { code, message } = error as HawserError
    return words[code + ": " + message] ?? words[code] ?? error
  }
}

function playOutgoing({ limits, steps }: Script): void {
  const log = outgoing(limits)
  const entries: Entry[] = []
  const add = (size: number, place?: "last") => {
    entries.push(log.append("", size, Kind.Event, () => {}, place))
    return "ok"
  }
  const sent = () => Math.max(0, ...entries.map((entry) => entry.n))
  const ops: Record<string, (step: Step) => unknown> = {
    append: (step) => outcome(() => add(step.bytes), { "not_sent: closed": "ended", not_sent: "overflow" }),
    last: (step) => outcome(() => add(step.bytes, "last"), { not_sent: "ended" }),
    attach: (step) => outcome(() => (log.ack(step.recv), log.attach()), { protocol: "not_sent" }),
    ack: (step) => outcome(() => (log.ack(step.n), "ok"), { protocol: "not_sent" }),
    next(step) {
      const entry = log.next(step.budget)
      if (entry) assert.equal(entries[entry.n - 1], entry, "packet n is the n-th that was added")
      return entry ? entry.n : null
    },
    waiting: () => log.waiting(),
    sent,
    acked: () => log.acked(),
    size({ expect }) {
      const { sentBytes, unsentBytes } = expect as { sentBytes: number; unsentBytes: number }
      assert.equal(log.bytes(), sentBytes + unsentBytes)
      const of = (part: Entry[]) => part.reduce((sum, entry) => sum + entry.size, 0)
      const kept = entries.slice(log.acked())
      const numbered = kept.filter((entry) => entry.n)
      const tail = kept.filter((entry) => !entry.n)
      return { sent: numbered.length, unsent: tail.length, sentBytes: of(numbered), unsentBytes: of(tail) }
    },
  }
  for (const step of steps) assert.deepEqual(ops[step.op]!(step), step.expect, JSON.stringify(step))
}

function playIncoming({ steps }: Script): void {
  const inbox = incoming()
  const cursors: Record<string, Cursor> = {}
  const ops: Record<string, (cursor: Cursor, step: Step) => unknown> = {
    start: (cursor, { n }) =>
      outcome(() => (inbox.start(cursor, n), "ok"), { leap: "leap", unknown_outcome: "leap_again" }),
    accept(cursor) {
      const words = { protocol: cursor.next ? "ended" : "no_start" }
      return outcome(() => (inbox.accept(cursor) ? "new" : "duplicate"), words)
    },
    end: () => inbox.end(),
    accepted: () => inbox.received(),
  }
  for (const step of steps) {
    const cursor = (cursors[step.wire ?? "a"] ??= { next: 0 })
    assert.deepEqual(ops[step.op]!(cursor, step), step.expect, JSON.stringify(step))
  }
}

describe("scripts of docs/vectors", () => {
  for (const script of scripts) {
    if (script.side == "outgoing") test(script.name, () => playOutgoing(script))
    // A client hands on at once what it accepts: its inbox has no bound to test.
    if (script.side == "incoming" && !script.limits) test(script.name, () => playIncoming(script))
  }
})

describe("an outgoing log", () => {
  /** A log whose packets say what became of them. */
  function told() {
    const log = outgoing()
    const news: string[] = []
    const add = (name: string, size = 1, place?: "first" | "last", kind = Kind.Event) =>
      log.append(name, size, kind, (error) => news.push(name + " " + (error ? error.code : "ok")), place)
    return { log, news, add }
  }

  test("settles what is acknowledged, once and in order", () => {
    const { log, news, add } = told()
    for (const name of ["a", "b", "c"]) add(name)
    while (log.next(10));
    log.ack(2)
    log.ack(2)
    log.ack(3)
    assert.deepEqual(news, ["a ok", "b ok", "c ok"])
  })

  test("lets a packet be dropped before it is sent, not after", () => {
    const { log, news, add } = told()
    const a = add("a")
    const b = add("b")
    log.next(10)
    assert.equal(log.drop(a), false)
    assert.equal(log.drop(b), true)
    assert.equal(log.drop(b), false)
    assert.equal(log.next(10), undefined)
    assert.equal(log.bytes(), 1)
    assert.deepEqual(news, [])
  })

  const lost = hawserError("unknown_outcome")
  const all = (log: Outgoing) => {
    const packets: [unknown, number][] = []
    for (let entry = log.next(10); entry; entry = log.next(10)) packets.push([entry.data, entry.n])
    return packets
  }

  test("begins anew: what the lost session had accepted is done, the rest goes again, before what is newer", () => {
    const { log, news, add } = told()
    for (const name of ["acked", "a", "b", "c"]) add(name)
    for (let i = 0; i < 4; i++) log.next(10)
    log.ack(1)
    add("unsent")
    add("join", 1, "first", Kind.Join)
    log.lose()
    assert.equal(log.next(10, Kind.Join)!.data, "join")
    assert.equal(log.next(10, Kind.Join), undefined, "nothing else goes before it is known")
    assert.deepEqual(news, ["acked ok"])
    log.recover(2, lost)
    assert.deepEqual(news, ["acked ok", "a ok"])
    assert.deepEqual(all(log), [
      ["b", 2],
      ["c", 3],
      ["unsent", 4],
    ])
    log.ack(4)
    assert.deepEqual(news.slice(2), ["join ok", "b ok", "c ok", "unsent ok"])
    assert.equal(log.bytes(), 0)
  })

  test("begins anew without knowing: all that was sent has an unknown outcome", () => {
    const { log, news, add } = told()
    for (const name of ["a", "b"]) add(name)
    log.next(10)
    log.lose()
    log.recover(undefined, lost)
    log.recover(7, lost)
    assert.deepEqual(news, ["a unknown_outcome"])
    assert.deepEqual(all(log), [["b", 1]])
  })

  test("begins anew without what means nothing in another session", () => {
    const { log, news, add } = told()
    const kinds = [Kind.Event, Kind.Call, Kind.Cancel, Kind.Publish, Kind.Join, Kind.Leave, Kind.Auth, Kind.Reply, Kind.Error]
    for (const kind of kinds) add("sent " + kind, 1, undefined, kind)
    for (const _ of kinds) log.next(10)
    for (const kind of kinds) add("unsent " + kind, 1, undefined, kind)
    log.lose()
    log.recover(0, lost)
    const [event, call, cancel, publish, join, leave, auth, reply, error] = kinds
    assert.deepEqual(
      all(log).map(([data]) => data),
      [
        ...[event, call, cancel, publish].map((kind) => "sent " + kind),
        ...[event, call, cancel, publish, join, leave].map((kind) => "unsent " + kind),
      ],
    )
    assert.deepEqual(news, [
      ...[join, leave, auth, reply, error].map((kind) => `sent ${kind} unknown_outcome`),
      ...[auth, reply, error].map((kind) => `unsent ${kind} unknown_outcome`),
    ])
    assert.equal(log.bytes(), 10)
  })

  test("ends: what was not sent is told so", () => {
    const { log, news, add } = told()
    add("a")
    add("b")
    log.next(10)
    log.end(lost, hawserError("not_sent"))
    assert.deepEqual(news, ["a unknown_outcome", "b not_sent"])
    assert.equal(log.bytes(), 0)
  })

  test("ends: what was in doubt is never known", () => {
    const { log, news, add } = told()
    add("a")
    log.next(10)
    log.lose()
    log.end(lost, hawserError("not_sent"))
    assert.deepEqual(news, ["a unknown_outcome"])
  })

  test("sheds what is larger than a server takes", () => {
    const { log, news, add } = told()
    add("small", 10)
    add("large", 11)
    log.shed(10, hawserError("payload_too_large"))
    assert.deepEqual(news, ["large payload_too_large"])
    assert.equal(log.bytes(), 10)
  })

  test("what a settled packet adds is kept", () => {
    const log = outgoing()
    log.append("a", 1, Kind.Event, () => log.append("b", 1, Kind.Event, () => {}))
    log.next(10)
    log.ack(1)
    assert.equal(log.next(10)!.data, "b")
  })
})

test("acknowledgements go alone after so many packets, so many bytes, or so long", () => {
  const policy = { packets: 3, bytes: 100, delay: 10 }
  const owed = acks()
  assert.equal(owed.due(0, policy), Infinity)
  owed.took(40, 5)
  assert.equal(owed.due(1, policy), 15)
  owed.took(60, 7)
  assert.equal(owed.due(2, policy), 0, "for the bytes")
  owed.said(2)
  assert.equal(owed.due(2, policy), Infinity)
  owed.took(1, 20)
  assert.equal(owed.due(5, policy), 0, "for the packets")
  assert.equal(owed.owed(5), true)
})
