// Keeps one session connected: opens wires, lets them race, moves between them, and carries the two logs over
// whichever is in use.

import type { Codec, Encoded } from "./codecs/codec.js"
import { type HawserError, hawserError, isHawserError, tooLarge } from "./errors.js"
import { newKey } from "./key.js"
import { FIRST_NUMBERED, isCount, Kind, malformed, type Packet, type Welcome } from "./packet.js"
import type { PageEvent, Platform } from "./platform.js"
import { arrived, backoff, isFinal, judge, lineup, outrun, type Runner, type Standing, substitute } from "./race.js"
import { acks, type Cursor, incoming, type Outgoing } from "./session.js"
import { type Event, initial, type State, transition } from "./state.js"
import { post } from "./transports/http.js"
import type { Opening, Transport, Wire } from "./transports/transport.js"
import { watch } from "./watch.js"

/** How long a wire has until its welcome, and one that was asked for until its start, in ms. */
const WELCOME_WITHIN = 10000
const START_WITHIN = 5000
/** The most bytes of packets that go with the very first hello. */
const FIRST_FLIGHT = 16384
/**
 * How many bytes of packets gather in one frame, unless one packet has more: some proxies take no body of more than
 * 128 KiB, and on a slow line less has to be sent again.
 */
const GATHERED = 1e5
/** How long `close` waits for the server to have what was sent. */
const CLOSE_WITHIN = 2000
/** After how long a better transport is tried again: at first, and at most. */
const PROBE_FIRST = 30000
const PROBE_LAST = 600000

export interface LinkOptions {
  url: string
  platform: Platform
  codec: Codec
  transports: Transport[]
  auth?: (() => string | PromiseLike<string>) | undefined
  /** What the session sends. The link numbers it, and forgets it when the server has it. */
  log: Outgoing
  /** The state has changed, or the wire in use. */
  changed(state: State): void
  /** A packet for the application, in order, once. */
  packet(packet: Packet): void
  /**
   * The session is lost, and with it what was sent and not acknowledged. To be rejoined here is what the next one
   * should begin with.
   */
  lost(error: HawserError): void
}

export interface Link {
  /** Begins. */
  open(): void
  /** The log has something to send. */
  wake(): void
  /** Sends a control packet on the wire in use; drops it if there is none. */
  send(packet: Encoded): void
  /** Uses these transports from now on, without losing the session. */
  use(transports: Transport[]): void
  /** Drops all wires without a word, as a network would. */
  cut(): void
  /** Ends the session, after what was sent before. */
  close(): void
  state(): State
  session(): string | undefined
  transport(): string | undefined
  /** The most bytes that a packet may have. */
  limit(): number
}

/** One wire, and what is known of it. */
interface Strand extends Runner, Cursor {
  readonly transport: Transport
  readonly number: number
  wire?: Wire
  /** The number of the packet that the server expects next on it; 0 before a start. */
  up: number
  /** When its hello went, then how long the welcome took. */
  helloAt: number
  roundTrip: number
  /** Whether its hello takes packets with it. */
  first: boolean
  timer?: unknown
}

function nothing(): void {}

export function link(o: LinkOptions): Link {
  const { platform, codec, log } = o
  let transports = o.transports
  let state: State = initial

  let key: string | undefined
  let sid: string | undefined
  let token: string | undefined
  let generation = 0
  let limit = 1 << 20
  let heartbeat = 25000
  let inbox = incoming()
  let owed = acks()

  let numbers = 0
  let races = 0
  let strands: Strand[] = []
  const standing: Standing<Strand> = { latest: 0, doubted: false }
  let failure: HawserError = hawserError("unavailable")
  let advice = 0

  let timer: unknown // to what the state waits for: the next race, a better transport, the end
  let probeIn = PROBE_FIRST
  let leavePage: (() => void) | undefined

  const guard = watch({
    platform,
    suspect: () => set("doubt"),
    // The server answers an accepted use by start at once, and on the wire itself: also where a POST's answer proves
    // nothing about a stream.
    probe: () => standing.used && !standing.asked && ask(standing.used),
    ackAt: () => (standing.used ? owed.due(inbox.accepted(), standing.used.transport.acks) : Infinity),
    ack: () => standing.used && acknowledge(standing.used),
  })

  function set(event: Event, error?: HawserError, retryIn?: number): void {
    const before = state
    const now = transition(state, event, error, retryIn)
    if (now == before) return
    state = now
    standing.doubted = now.kind == "doubting"
    o.changed(now)
    // What was told may have changed it again.
    if (state != now || event == "progress") return
    switch (now.kind) {
      case "connecting":
        // When the wire in use is lost under doubt, the race is on already.
        if (before.kind == "doubting" && event == "lost") settle()
        else race()
        break
      case "doubting":
        race()
        break
      case "offline":
        reset()
        after(now.retryIn, () => set("retry"))
        break
      case "parked":
        reset()
        break
      case "closing": {
        const said = codec.encode([Kind.End, "closed"])
        log.append(said, codec.size(said), nothing, "last")
        standing.used?.wire!.wake()
        after(CLOSE_WITHIN, () => set("over"))
        break
      }
      case "online":
        plan()
        break
      case "closed":
        reset()
        leavePage?.()
    }
  }

  function after(ms: number, fn: () => void): void {
    platform.clearTimeout(timer)
    timer = platform.setTimeout(fn, ms)
  }

  /** Closes all wires and forgets all that was planned. */
  function reset(): void {
    races++
    platform.clearTimeout(timer)
    guard.stop()
    strands.slice().forEach(discard)
  }

  /** Closes a wire and forgets it. What follows from that is the caller's affair. */
  function discard(strand: Strand): void {
    const i = strands.indexOf(strand)
    if (i < 0) return
    strands.splice(i, 1)
    platform.clearTimeout(strand.timer)
    strand.wire?.close()
    if (standing.asked == strand) standing.asked = undefined
    if (standing.used == strand) {
      standing.used = undefined
      guard.stop()
    }
  }

  /** Closes all wires but the one in use. */
  function discardOthers(): void {
    strands.filter((strand) => strand != standing.used).forEach(discard)
  }

  // The race

  function race(): void {
    const mine = ++races
    platform.clearTimeout(timer)
    standing.latest++
    advice = 0
    discardOthers()
    new Promise<string | undefined>((resolve) => resolve(o.auth && o.auth())).then(
      function (answer) {
        if (mine != races) return
        token = answer
        begin()
      },
      function (error) {
        if (mine != races) return
        // Not to know who the user is now is no refusal.
        failure = isHawserError(error) ? error : hawserError("unavailable", "auth: " + error)
        if (failure.code == "unauthorized") set("over", failure)
        else set("failed", failure, retryIn())
      },
    )
  }

  function begin(): void {
    if (!key) key = newKey(platform)
    const remembered = platform.recall?.(o.url)
    const list = lineup(
      transports.filter((transport) => transport.available(platform)),
      remembered,
      !key,
    )
    if (!list.length) set("over", hawserError("bad_request", "no transport"))
    list.forEach(([transport, delay], i) => add(transport, delay, !i && !sid))
  }

  /** Adds a wire, which opens after a delay. */
  function add(transport: Transport, delay: number, first: boolean): void {
    const strand: Strand = {
      transport,
      rank: transport.rank,
      claim: standing.latest,
      number: ++numbers,
      next: 0,
      welcomed: false,
      up: 0,
      helloAt: 0,
      roundTrip: 0,
      first,
    }
    strands.push(strand)
    if (delay) strand.timer = platform.setTimeout(() => open(strand), delay)
    else open(strand)
  }

  function open(strand: Strand): void {
    expect(strand, WELCOME_WITHIN)
    try {
      strand.wire = strand.transport.open(opening(strand))
    } catch {
      expect(strand, 0)
    }
  }

  /** Gives a wire up unless it says what it is to say in time. */
  function expect(strand: Strand, within: number): void {
    platform.clearTimeout(strand.timer)
    strand.timer = platform.setTimeout(() => fail(strand, "no answer"), within)
  }

  function fail(strand: Strand, why: unknown): void {
    drop(strand, hawserError("unavailable", strand.transport.name + ": " + why))
  }

  /** A wire failed, or is not needed. */
  function drop(strand: Strand | undefined, error?: HawserError): void {
    if (!strand || strands.indexOf(strand) < 0) return
    const asked = standing.asked == strand
    discard(strand)
    if (error) {
      failure = error
      advice = Math.max(advice, error.retry || 0)
    }
    // The wire that was to be left may have been left already, as far as the server knows.
    if (asked && standing.used) ask(standing.used)
    settle()
  }

  /** Sees what follows from the wires that are left. */
  function settle(): void {
    if (!standing.used && !standing.asked) {
      const other = substitute(strands)
      if (other) return ask(other)
      if (state.kind == "online" || standing.doubted) return set("lost", failure, retryIn())
    }
    if (!strands.some((strand) => strand != standing.used)) set("failed", failure, retryIn())
  }

  function retryIn(): number {
    return backoff(state.attempt, platform.random(), advice)
  }

  /** Asks the server to move to a wire, or to say something on the one in use. */
  function ask(strand: Strand): void {
    strand.claim = ++standing.latest
    if (strand != standing.used) {
      standing.asked = strand
      expect(strand, START_WITHIN)
    }
    strand.wire!.carry(codec.encode([Kind.Use, strand.number, strand.claim, inbox.accepted()]))
  }

  /** Uses a wire from now on. */
  function adopt(strand: Strand): void {
    const before = standing.used
    platform.clearTimeout(strand.timer)
    if (before == strand) return strand.wire!.carry()
    standing.used = strand
    if (standing.asked == strand) standing.asked = undefined
    if (before) discard(before)
    strands.filter((other) => outrun(strand, other)).forEach(discard)
    strand.up = 0
    log.attach(log.acked())
    guard.begin(strand.roundTrip, heartbeat, log.bytes())
    platform.remember?.(o.url, strand.transport.name)
    strand.wire!.carry()
    strand.wire!.wake()
    const was = state
    set("won")
    if (state == was) o.changed(was)
  }

  /** Plans to try better transports again. */
  function plan(): void {
    after(probeIn * (0.75 + platform.random() / 2), probe)
  }

  function probe(): void {
    const used = standing.used
    if (state.kind != "online" || !used) return
    transports.forEach(function (transport) {
      const open = strands.some((strand) => strand.transport == transport)
      if (transport.rank > used.rank && transport.available(platform) && !open) add(transport, 0, false)
    })
    probeIn = Math.min(probeIn * 2, PROBE_LAST)
    plan()
  }

  // What goes up

  function hello(strand: Strand, wait?: number): Encoded {
    owed.said(inbox.accepted())
    return codec.encode([
      Kind.Hello,
      { v: 1, key, sid, wire: strand.number, claim: strand.claim, recv: inbox.accepted(), token, wait },
    ])
  }

  /** The next numbered packets for a wire, with their start. */
  function collect(strand: Strand, budget: number): Encoded[] {
    const packets: Encoded[] = []
    for (let entry = log.next(budget); entry; entry = log.next(budget)) {
      if (strand.up != entry.n) packets.push(codec.encode([Kind.Start, entry.n]))
      strand.up = entry.n + 1
      packets.push(entry.data)
      budget = Math.min(budget, GATHERED) - entry.size - 1
    }
    return packets
  }

  function opening(strand: Strand): Opening {
    return {
      url: o.url,
      codec,
      platform,
      hello(wait) {
        // Each poll after the first takes the next claim, but not from a wire that is about to take over.
        if (strand.helloAt && (!standing.asked || standing.asked == strand)) strand.claim = ++standing.latest
        if (!strand.welcomed) strand.helloAt = platform.now() || 1
        // A poll that is not in use yet is not held: its answer is what it waits for.
        const packets = [hello(strand, wait && (strand == standing.used ? Math.min(wait, heartbeat) : 0))]
        if (!strand.first || sid) return codec.join(packets)
        strand.first = false
        log.attach(log.acked())
        return codec.join(packets.concat(collect(strand, FIRST_FLIGHT)))
      },
      sender: () => (sid ? hello(strand) : undefined),
      packets(again, room) {
        if (strand != standing.used) return []
        if (again) {
          strand.up = 0
          log.attach(log.acked())
        }
        const packets = collect(strand, limit - room)
        if (packets.length && !again && owed.owed(inbox.accepted())) packets.unshift(acknowledgement())
        return packets
      },
      limit: () => limit,
      frame(frame) {
        const accepted = inbox.accepted()
        read(strand, frame)
        if (inbox.accepted() > accepted) {
          owed.accepted(codec.size(frame), platform.now())
          if (strand == standing.used && owed.due(inbox.accepted(), strand.transport.acks) <= platform.now())
            acknowledge(strand)
          set("progress")
        }
        if (strand == standing.used) guard.heard()
      },
      answer(frame) {
        let wait = 0
        const read = decode(frame)
        if (!read) return -1
        read.forEach(function (packet) {
          if (
            packet[0] == Kind.Close &&
            strand == standing.used &&
            /^(busy|unavailable|rate_limited)$/.test(packet[1])
          ) {
            wait = packet[3] || 1000
            // To be asked for patience is a sign of life.
            guard.excuse(wait)
          } else take(strand, packet)
        })
        return wait
      },
      closed: (why) => fail(strand, why),
    }
  }

  function acknowledgement(): Encoded {
    const n = inbox.accepted()
    owed.said(n)
    return codec.encode([Kind.Ack, n])
  }

  function acknowledge(strand: Strand): void {
    strand.wire!.send(acknowledgement())
  }

  /** Says a last word to the server by a request that outlives the page. */
  function beacon(packet: Packet): void {
    const strand = standing.used
    if (!platform.post || !strand) return
    const frame = codec.join([hello(strand), codec.encode(packet)])
    post(o, "send", frame, nothing, nothing, false, true)
  }

  // What comes down

  function decode(frame: Encoded): Packet[] | undefined {
    try {
      return codec.decode(frame)
    } catch {
      return undefined
    }
  }

  function read(strand: Strand, frame: Encoded): void {
    const packets = decode(frame)
    if (!packets) return breach(strand, malformed())
    packets.forEach((packet) => take(strand, packet))
  }

  /** The server broke the protocol on a wire: that wire is over. */
  function breach(strand: Strand, error: HawserError): void {
    strand.wire?.send(codec.encode([Kind.Close, error.code, error.message]))
    drop(strand, error)
  }

  function take(strand: Strand, packet: Packet): void {
    // A packet of the same frame may have closed the wire.
    if (strands.indexOf(strand) < 0) return
    try {
      handle(strand, packet)
    } catch (error) {
      if ((error as HawserError).code == "unknown_outcome") lose(error as HawserError)
      else breach(strand, error as HawserError)
    }
  }

  function handle(strand: Strand, packet: Packet): void {
    switch (packet[0]) {
      case Kind.Welcome:
        return welcome(strand, packet[1])
      case Kind.Gone:
        return gone(strand)
      case Kind.Start:
        inbox.start(strand, packet[1])
        if (arrived(standing, strand)) adopt(strand)
        return
      case Kind.Ack:
        return acked(packet[1])
      case Kind.Ping: {
        const pong = codec.encode([Kind.Pong, packet[1]])
        return strand.wire!.send(owed.owed(inbox.accepted()) ? codec.join([acknowledgement(), pong]) : pong)
      }
      case Kind.Close: {
        const error = hawserError(packet[1], packet[2], packet[3])
        if (isFinal(error.code, strand.welcomed) && (!standing.used || standing.used == strand)) set("over", error)
        else drop(strand, error)
        return
      }
      case Kind.Goaway:
        if (state.kind == "online") after(platform.random() * packet[1], () => set("doubt"))
        return
      case Kind.Volatile:
        return o.packet(packet)
      case Kind.End:
        if (inbox.accept(strand)) end(hawserError(packet[1], packet[2], packet[3]))
        return
      default:
        if (packet[0] >= FIRST_NUMBERED && inbox.accept(strand)) o.packet(packet)
    }
  }

  function welcome(strand: Strand, body: Welcome): void {
    if (!isCount(body.recv) || !body.limits || !isCount(body.limits.frame)) throw malformed()
    if (body.generation < generation) return drop(strand, hawserError("unavailable", "stale"))
    if (sid && sid != body.sid) return gone(strand)
    if (!strand.welcomed) strand.roundTrip = platform.now() - strand.helloAt
    platform.clearTimeout(strand.timer)
    strand.welcomed = true
    sid = body.sid
    key = key || body.key
    generation = body.generation
    heartbeat = body.heartbeat || heartbeat
    limit = body.limits.frame
    log.shed(limit, tooLarge(limit))
    acked(body.recv)
    // The end was all that was missing.
    if (state.kind == "closed") return
    const verdict = judge(standing, strand, body.active)
    if (verdict == "use") adopt(strand)
    else if (verdict == "ask") ask(strand)
    else if (verdict == "close") drop(strand)
  }

  function acked(n: number): void {
    const before = log.bytes()
    const from = log.acked()
    log.ack(n)
    if (log.acked() == from) return
    const left = log.bytes()
    guard.waits(left, Math.max(before - left, 1))
    set("progress")
    if (state.kind == "closing" && !left) set("over")
    else if (standing.used && log.waiting()) standing.used.wire!.wake()
  }

  /** The server ended the session. */
  function end(error: HawserError): void {
    inbox.end()
    beacon([Kind.Ack, inbox.accepted()])
    if (state.kind == "closing") set("over")
    else if (error.retry) lose(error)
    else set("over", error)
  }

  /** Whoever answered on this wire does not know the session. */
  function gone(strand: Strand): void {
    if (standing.used && standing.used != strand && !standing.doubted) drop(strand)
    else lose(hawserError("unknown_outcome", "session lost"))
  }

  /** The session is lost: another one begins. */
  function lose(error: HawserError): void {
    key = sid = undefined
    generation = 0
    inbox = incoming()
    owed = acks()
    strands.slice().forEach(discard)
    o.lost(error)
    // One lost session after another must not make a client run in circles.
    set("fresh", error, error.retry || (state.attempt < 3 ? 0 : retryIn()))
  }

  function onPage(event: PageEvent): void {
    if (event == "wake") {
      probeIn = PROBE_FIRST
      if (state.kind == "offline") set("retry")
      else if (standing.used) guard.probe()
    } else if (event == "return") set("retry")
    else {
      if (event == "leave") beacon([Kind.Close, "leaving"])
      set("park")
    }
  }

  return {
    open() {
      leavePage = platform.page?.(onPage)
      set("retry")
    },
    wake() {
      if (!standing.used) return
      guard.waits(log.bytes(), 0)
      standing.used.wire!.wake()
    },
    send(packet) {
      standing.used?.wire!.send(packet)
    },
    use(list) {
      transports = list
      if (state.kind == "online") set("doubt")
      else if (state.kind == "connecting" || state.kind == "doubting") race()
      else set("retry")
    },
    cut() {
      discardOthers()
      drop(standing.used, hawserError("unavailable", "cut"))
    },
    close: () => set("close"),
    state: () => state,
    session: () => sid,
    transport: () => standing.used?.transport.name,
    limit: () => limit,
  }
}
