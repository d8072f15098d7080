// One client's life in a bad network, and what must be true of it whatever happens.

import assert from "node:assert/strict"
import type { Channel } from "../src/channel.js"
import { createClient } from "../src/client.js"
import { json } from "../src/codecs/json.js"
import { type HawserError, hawserError } from "../src/errors.js"
import { Kind } from "../src/packet.js"
import { between, type Random } from "./e2e/random.js"
import { fakeClock } from "./fake-clock.js"
import { type Fault, fakeServer, type FakeSession } from "./fake-server.js"
import { roughNetwork } from "./rough-network.js"
import { all } from "./stage.js"

/** How long a client may take, once nothing is in its way, to be online and to have said and heard everything. */
const CALM = 150000
/** How long `close` may take. */
const CLOSE = 2000
/** What a proxy on the way takes, in characters; a large message has more. */
const PROXY = 20000
const LARGE = "x".repeat(30000)
/** What may become of a message that was not delivered, or of which that is not known. */
const untold = ["not_sent", "payload_too_large"]
const doubtful = ["unknown_outcome", "timeout", "canceled"]

/** What becomes of requests: one of these, at random. */
const weathers: { [name: string]: (Fault | undefined)[] } = {
  calm: [undefined],
  lossy: [undefined, undefined, undefined, "lose answer", "swallow", "refuse", "hang"],
  refusing: ["refuse"],
  hanging: ["hang"],
  swallowing: ["swallow"],
  proxied: [{ status: 502, body: "<html>Bad Gateway</html>" }, "refuse"],
  busy: [{ status: 200, body: '[8,"unavailable","later",1500]' }, undefined],
}

const nothing = { timers: 0, sockets: 0, requests: 0, places: 0 }

/** What a message that goes up carries. */
interface Payload {
  number: number
  text: string
}

interface Message {
  number: number
  outcome: string
}

/** Runs `steps` steps. Throws what is wrong. */
export async function voyage(random: Random, steps: number, log: (line: string) => void): Promise<void> {
  const pick = <T>(list: readonly T[]): T => list[between(random, 0, list.length - 1)]!
  const chance = (probability: number) => random() < probability
  const clock = fakeClock()
  const server = fakeServer(clock)
  const network = roughNetwork(clock, random, server.platform, pick([undefined, undefined, 0, 1, 4]))
  let weather = "calm"
  const tooLarge: Fault | undefined = pick([undefined, undefined, undefined, { status: 413, body: "<html>" }, "refuse"])
  server.delay = between(random, 1, 40)
  server.acknowledges = chance(0.8)
  server.fault = function (path, body) {
    if (tooLarge && body.length > PROXY) return tooLarge
    const fault = pick(weathers[weather]!)
    // A WebSocket has no answer by itself.
    return path == "websocket" && typeof fault == "object" ? "refuse" : fault
  }

  // What goes up

  const messages: Message[] = []
  const accepted: number[] = []
  const members = new WeakMap<FakeSession, Set<string>>()
  const handle = server.handle
  server.handle = function (session, packet) {
    handle(session, packet)
    const joined = members.get(session) ?? new Set()
    members.set(session, joined)
    if (packet[0] == Kind.Event) {
      accepted.push((packet[3] as Payload).number)
      const room = packet[1]
      assert.ok(!room || joined.has(room) || deserted.has(room), "what is sent to a channel comes after the join")
    }
    if (packet[0] == Kind.Call) accepted.push((packet[5] as Payload).number)
    if (packet[0] == Kind.Join) joined.add(packet[2])
    if (packet[0] == Kind.Leave) joined.delete(packet[2])
    if (packet[0] == Kind.Reply)
      assert.ok(questions.get(session)?.delete(packet[1]), "an answer comes once, to the session that asked")
  }
  function say(): void {
    const message: Message = { number: messages.length + 1, outcome: "waits" }
    const payload: Payload = { number: message.number, text: chance(0.05) ? LARGE : "" }
    messages.push(message)
    const called = chance(0.3)
    const options = chance(0.5) ? { timeout: between(random, 0, 2) * 2500 } : {}
    const room = pick([client, ...rooms.filter((room) => room.status != "left")])
    log(`      ${called ? "call" : "event"} ${message.number}, ${payload.text.length} characters`)
    const told = called ? client.call<Payload>("echo", payload, options) : room.send("say", payload)
    told.then(
      (answer) => (message.outcome = answer && answer.number != message.number ? "another's answer" : "done"),
      (error: HawserError) => (message.outcome = error.code ?? String(error)),
    )
  }

  // What comes down

  const pushed = new Map<string, number>()
  const heard = new Map<string, number>()
  const last = () => server.sessions.at(-1)

  const questions = new WeakMap<FakeSession, Set<number>>()
  let asked = 0

  function ask(session: FakeSession): void {
    const waiting = questions.get(session) ?? new Set()
    questions.set(session, waiting.add(++asked))
    session.push([Kind.Call, asked, "", "ask", 0, undefined])
  }

  function push(session: FakeSession): void {
    const number = (pushed.get(session.sid) ?? 0) + 1
    pushed.set(session.sid, number)
    session.push([Kind.Event, "", "news", { sid: session.sid, number }])
  }

  // The client

  const transports = all()
  const client = createClient(
    "/realtime",
    { transports: chance(0.5) ? transports : [pick(transports)], codec: json, auth: chance(0.5) ? auth : undefined },
    network.platform,
  )
  let ready = "waits"
  let closed = "no"
  let parked = false
  client.ready.then(
    () => (ready = "yes"),
    () => (ready = "never"),
  )
  let wrong: Error | undefined // what a listener found
  client.onError((error) => (wrong ??= error instanceof assert.AssertionError ? error : undefined))
  client.onStatus(function ({ status, transport, attempt, retryIn }) {
    log(`${clock.now()}    ${[status, transport, attempt, retryIn]}`)
    assert.ok(status == "online" || !transport, "a transport in use while " + status)
  })
  client.on<{ sid: string; number: number }>("news", function ({ sid, number }) {
    assert.equal(number, (heard.get(sid) ?? 0) + 1, "what comes down comes once and in order")
    heard.set(sid, number)
  })
  client.handle("ask", () => new Promise<void>((resolve) => clock.after(between(random, 0, 3000), resolve)))
  const rooms = ["a", "b", "c"].map((name) => client.channel(name))

  const deserted = new Set<string>() // the rooms that it has left at any time
  function leave(room: Channel): void {
    deserted.add(room.name)
    void room.leave()
  }

  async function auth(): Promise<string> {
    await new Promise<void>((resolve) => clock.after(between(random, 0, 500), resolve))
    if (weather != "calm" && chance(0.2)) throw hawserError("unavailable")
    return "token"
  }

  function close(): void {
    closed = "begun"
    client.close().then(() => (closed = "yes"))
  }

  // What happens

  const happenings: [number, string, () => void][] = [
    [20, "say", () => Array.from({ length: between(random, 1, 4) }, say)],
    [20, "push", () => Array.from({ length: between(random, 1, 4) }, () => last() && push(last()!))],
    [5, "ask", () => last() && ask(last()!)],
    [3, "join", () => void pick(rooms).join()],
    [3, "leave", () => leave(pick(rooms))],
    [1, "reset", () => members.get(last()!)?.has("a") && last()!.push([Kind.Reset, "a", "e", 9])],
    [8, "weather", () => log("      " + (weather = pick(Object.keys(weathers))))],
    [5, "calm", () => (weather = "calm")],
    [6, "silence", network.silence],
    [6, "cut by the network", network.cut],
    [2, "goaway", () => last()?.used?.down([String(json.encode([Kind.Goaway, 2000]))])],
    [2, "recycle", () => last()?.used?.down([String(json.encode([Kind.Close, "recycle"]))])],
    [2, "malformed", () => last()?.used?.down(["[99]"])],
    [3, "expire", server.expire],
    // What goes with the first hello may come twice then, as the protocol says.
    [2, "forget", () => client.session && server.forget()],
    [
      2,
      "end",
      function () {
        last()?.push([Kind.End, "token_expired", "", 100, chance(0.5) ? last()!.in.received() : 0])
        server.expire()
      },
    ],
    [3, "wake", () => server.page("wake")],
    [2, "hide", () => (network.hidden = !network.hidden)],
    [2, "park", () => sleep("park")],
    [1, "pagehide", () => sleep("leave")],
    [3, "cut", client.cut],
    [3, "use", () => client.use(chance(0.5) ? transports : [pick(transports)])],
    [1, "close", () => chance(0.5) && close()],
  ]
  const weights = happenings.reduce((sum, [weight]) => sum + weight, 0)

  function sleep(event: "park" | "leave"): void {
    parked = true
    server.page(event)
    assert.deepEqual({ ...network.left(), timers: 0 }, nothing, "a page that sleeps holds nothing")
  }

  function happen(): void {
    let at = between(random, 1, weights)
    for (const [weight, name, what] of happenings) {
      at -= weight
      if (at > 0) continue
      log(`${clock.now()} ${name}`)
      return void what()
    }
  }

  /** Lets time pass, and the server ping as it promised. */
  async function pass(ms: number): Promise<void> {
    for (; ms > 0; ms -= 20000) {
      await clock.advance(Math.min(ms, 20000))
      if (ms >= 20000) last()?.used?.down([String(json.encode([Kind.Ping, 0]))])
    }
  }

  function pause(): number {
    if (chance(0.85)) return between(random, 0, 300)
    return chance(0.8) ? between(random, 300, 6000) : between(random, 6000, 200000)
  }

  for (let i = 0; i < steps; i++) {
    if (parked && chance(0.5)) {
      log(`${clock.now()} return`)
      parked = false
      server.page("return")
    } else if (!parked) happen()
    await pass(pause())
    if (wrong) throw wrong
  }

  // Nothing is in its way any more.

  log(`${clock.now()} calm at last`)
  weather = "calm"
  server.acknowledges = true
  network.hidden = false
  if (parked) server.page("return")
  client.use(transports)
  await pass(CALM)
  if (closed == "no") {
    assert.equal(client.status, "online")
    assert.equal(ready, "yes")
    checkMessages(messages, accepted)
    const session = server.sessions.find(({ sid }) => sid == client.session)!
    assert.ok(session, "the server does not know the session")
    assert.equal(heard.get(session.sid) ?? 0, pushed.get(session.sid) ?? 0, "not all that was pushed was heard")
    assert.equal(questions.get(session)?.size ?? 0, 0, "questions without an answer")
    for (const room of rooms) {
      const inside = !!members.get(session)?.has(room.name)
      assert.equal(room.status, inside ? "joined" : "left", "the server sees the channel otherwise: " + room.name)
    }
    log(`${clock.now()} close`)
    close()
  }
  await pass(CLOSE + 1)
  if (wrong) throw wrong
  assert.equal(closed, "yes", "close does not end")
  assert.equal(client.status, "closed")
  assert.notEqual(ready, "waits")
  await pass(1)
  assert.deepEqual(network.left(), nothing, "what is left of a client that is closed")
  checkMessages(messages, accepted)
  const conns = server.conns.length
  await pass(60000)
  assert.equal(server.conns.length, conns, "a client that is closed opens something")
}

/** Each message was accepted once and in order, or its promise says why not. */
function checkMessages(messages: Message[], accepted: number[]): void {
  for (const { number, outcome } of messages) {
    const times = accepted.filter((other) => other == number).length
    const fate = `message ${number}, accepted ${times} times: ${outcome}`
    if (outcome == "done") assert.equal(times, 1, fate)
    else if (untold.includes(outcome)) assert.equal(times, 0, fate)
    else assert.ok(doubtful.includes(outcome) && times < 2, fate)
  }
  accepted.forEach((number, i) => assert.ok(!i || number > accepted[i - 1]!, `accepted out of order: ${accepted}`))
}
