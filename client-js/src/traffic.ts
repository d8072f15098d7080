// What the wires of one session carry, both ways: who the session is, the two logs, and what keeps them going.

import type { Codec, Encoded } from "./codecs/codec.js"
import { type Code, type HawserError, hawserError, tooLarge } from "./errors.js"
import { newKey } from "./key.js"
import { FIRST_NUMBERED, isCount, Kind, type Lost, malformed, type Packet, type Welcome } from "./packet.js"
import type { Platform } from "./platform.js"
import { arrived } from "./race.js"
import { acks, type Entry, incoming, type Outgoing } from "./session.js"
import type { Strand, Strands } from "./strands.js"
import { LARGE, post } from "./transports/http.js"
import type { Opening } from "./transports/transport.js"
import { watch } from "./watch.js"

/** The most bytes of packets that go with the very first hello. */
const FIRST_FLIGHT = 16384
/**
 * How many bytes of packets gather in one frame, unless one packet has more: some proxies take no body of more than
 * 128 KiB, and on a slow line less has to be sent again.
 */
const GATHERED = 1e5
/** How often a packet is tried again that gets no answer by itself while less does, */
const RETRIES = 3
/** and for how many ms it rests before: so many more each time. */
const REST = 500
/** The status of a request that is too large (RFC 9110 §15.5.14). */
const TOO_LARGE = 413
/** For how many ms at a stretch packets are decoded and handed on; then a page may do other things. */
const SLICE = 16
/** With as many packets waiting, volatile ones are dropped: no window bounds them. */
const VOLATILE = 4096

export interface TrafficOptions {
  readonly url: string
  readonly platform: Platform
  readonly codec: Codec
  /** What the session sends. Its packets are numbered here, and forgotten when the server has them. */
  readonly log: Outgoing
  /** A packet for the application, in order, once. */
  packet(packet: Packet): void
  /** Another session has begun after one was lost, which had accepted that many packets, if that is known. */
  begun(accepted?: number): void
}

/** What the traffic tells of, to whoever decides what follows. */
export interface Supervisor {
  /** A wire was welcomed; `active`: by what the server says it is the one in use. */
  welcomed(strand: Strand, active: boolean): void
  /** The server has moved to the wire that it was asked for. */
  arrived(strand: Strand): void
  /** Whoever answered on this wire does not know the session. */
  gone(strand: Strand): void
  /** A wire is over. */
  drop(strand: Strand, error: HawserError): void
  /** A wire is over, as it says itself. */
  failed(strand: Strand, why: string, code?: Code): void
  /** The server refuses, on this wire. */
  refused(strand: Strand, error: HawserError): void
  /** The session is lost, and another may begin. */
  lose(error: HawserError): void
  /** The server ended the session, of which it had accepted that many packets, if it says so. */
  over(error: HawserError, accepted?: number): void
  /** The server goes away, in so many ms. */
  goaway(within: number): void
  /** Something got across, either way. */
  progress(): void
  /** A wire that was kept has spoken again. */
  revived(strand: Strand): void
  /** The wire in use looks dead. */
  suspect(): void
  /** The server should be asked for a sign of life on the wire in use. */
  probe(): void
}

export interface Traffic {
  /** What a wire asks of the client and tells it. */
  opening(strand: Strand): Opening
  /** Asks on a wire for the session to be moved there, by a claim that was just taken. */
  ask(strand: Strand): void
  /** Carries the session on a wire from now on. */
  adopt(strand: Strand): void
  /** No wire carries it. */
  stop(): void
  /** The log has something to send. */
  wake(): void
  /** Asks for a sign of life on the wire in use. */
  probe(): void
  /** Whether the wire in use looks dead. */
  suspected(): boolean
  /** Says a last word to the server by a request that outlives the page. */
  beacon(packet: Packet): void
  /** The session's key, which is made if there is none; undefined where the server has to. */
  key(): string | undefined
  /**
   * Forgets the session, of which `known` says whether it is known what became of what was sent: what follows is another.
   * Whether that one's welcome says it.
   */
  renew(known: unknown): boolean
  /** The session's public id, once it is known. */
  sid(): string | undefined
  /** What the hellos say of the user. */
  token: string | undefined
  /** The most bytes that a packet may have. */
  limit(): number
}

function nothing(): void {}

export function traffic(o: TrafficOptions, wires: Strands, to: Supervisor): Traffic {
  const { platform, codec, log } = o
  let key: string | undefined
  let sid: string | undefined
  let lost: Lost | undefined // the session before, until it is known what became of it
  let generation = 0
  let limit = 1 << 20
  let heartbeat = 25000
  let inbox = incoming()
  let owed = acks()
  let gathered = GATHERED
  let batch: Entry[] = [] // the packets that were collected last,
  let controls = 0 // and how many bytes of control packets go with them
  let doubted: Entry | undefined // got no answer by itself: the next request shows whether less does
  let refusals = 0 // how often less did
  let waiting: Packet[] = [] // to be handed on; not before a wire is in use: nobody is to hear of it while offline
  let taken = 0 // how many of them were
  let resting: (() => void) | undefined // until the next slice
  let until = SLICE // when the slice is over that is on,
  let rested = 0 // and since when nothing was done in it

  const guard = watch({
    platform,
    suspect: to.suspect,
    probe: to.probe,
    ackAt: () => (wires.used ? owed.due(handed(), wires.used.via.acks) : Infinity),
    ack: () => wires.used!.conn!.send(acknowledgement()),
  })

  // What goes up

  /** How many packets came and were handed on, which the server is told now. */
  function said(): number {
    const n = handed()
    owed.said(n)
    return n
  }

  function hello(strand: Strand, wait?: number): Encoded {
    return codec.encode([
      Kind.Hello,
      { v: 1, key, sid, wire: strand.number, claim: strand.claim, recv: said(), token: self.token, wait, lost },
    ])
  }

  /** The next numbered packets for a wire, with their start. */
  function collect(strand: Strand, budget: number): Encoded[] {
    const packets: Encoded[] = []
    batch = []
    let entry
    // Before it is known what the lost session had accepted, nothing else may go.
    while ((entry = log.next(budget, lost && Kind.Join))) {
      if (strand.up != entry.n) packets.push(codec.encode([Kind.Start, entry.n]))
      strand.up = entry.n + 1
      packets.push(entry.data)
      batch.push(entry)
      budget = Math.min(budget, gathered) - entry.size - 1
    }
    return packets
  }

  function acknowledgement(): Encoded {
    return codec.encode([Kind.Ack, said()])
  }

  /** Gives up a packet that nothing brings across. */
  function spoil(entry: Entry, strand: Strand): void {
    // In its place, so that the numbers stay, goes what means nothing: no call has the id 0.
    const blank = codec.encode([Kind.Cancel, 0])
    const error = hawserError(entry.n > strand.fresh! ? "payload_too_large" : "unknown_outcome")
    log.spoil(entry, blank, codec.size(blank), error)
  }

  // What comes down

  /**
   * What waits is not acknowledged, so that it is no more than the server's window. It does no harm that volatile
   * packets wait, too.
   */
  function handed(): number {
    return Math.max(0, inbox.received() - waiting.length + taken)
  }

  /** Hands on what waits, until the slice is over; the rest later. */
  function deliver(): void {
    // In a page that nobody sees timers are slow, and nothing can freeze.
    if (platform.hidden?.()) flush(Infinity)
    else if (!resting) flush(until)
    rested = platform.now()
    if (waiting.length && wires.used) resting ||= platform.after(0, resume)
  }

  function resume(): void {
    const now = platform.now()
    owed.took(0, now)
    until = now + SLICE
    resting = undefined
    deliver()
    // Sees whether there is something to acknowledge, too.
    self.wake()
  }

  /** Hands on what waits while a wire is in use, until some time; or simply all. */
  function flush(until?: number): void {
    // What is called may come back here.
    while (taken < waiting.length && (!until || (platform.now() < until && wires.used))) o.packet(waiting[taken++]!)
    waiting.splice(0, taken)
    taken = 0
  }

  function decode(frame: Encoded): Packet[] | undefined {
    try {
      return codec.decode(frame)
    } catch {
      return undefined
    }
  }

  /** The server broke the protocol on a wire: that wire is over. */
  function breach(strand: Strand, error: HawserError): void {
    strand.conn!.send(codec.encode([Kind.Close, error.code, error.message]))
    to.drop(strand, error)
  }

  function take(strand: Strand, packet: Packet): void {
    // A packet of the same frame may have closed the wire.
    if (wires.all.indexOf(strand) < 0) return
    try {
      handle(strand, packet)
    } catch (error) {
      if ((error as HawserError).code == "unknown_outcome") to.lose(error as HawserError)
      else breach(strand, error as HawserError)
    }
  }

  function handle(strand: Strand, packet: Packet): void {
    switch (packet[0]) {
      case Kind.Welcome:
        return welcome(strand, packet[1])
      case Kind.Gone:
        return to.gone(strand)
      case Kind.Start:
        inbox.start(strand, packet[1])
        if (arrived(wires, strand)) to.arrived(strand)
        return
      case Kind.Ack:
        return acked(packet[1])
      case Kind.Ping:
        // Who pings may wait for an acknowledgement; one that says nothing new does no harm.
        return strand.conn!.send(codec.join([acknowledgement(), codec.encode([Kind.Pong, packet[1]])]))
      case Kind.Close:
        return to.refused(strand, hawserError(packet[1], packet[2], packet[3]))
      case Kind.Goaway:
        return to.goaway(packet[1])
      case Kind.End:
        if (!inbox.accept(strand)) return
        inbox.end()
        flush()
        beacon([Kind.Ack, inbox.received()])
        return to.over(hawserError(packet[1], packet[2], packet[3]), packet[4])
      default:
        if (packet[0] == Kind.Volatile ? waiting.length < VOLATILE : packet[0] >= FIRST_NUMBERED && inbox.accept(strand))
          waiting.push(packet)
    }
  }

  function welcome(strand: Strand, body: Welcome): void {
    if (!isCount(body.recv) || !isCount(body.limits?.frame)) throw malformed()
    if (body.generation < generation) return to.failed(strand, "closed")
    if (sid && sid != body.sid) return to.gone(strand)
    if (!strand.welcomed) strand.roundTrip = platform.now() - strand.helloAt!
    strand.unwait?.()
    strand.welcomed = true
    sid = body.sid
    if (lost) {
      lost = undefined
      o.begun(isCount(body.accepted) ? body.accepted : undefined)
    }
    key = key || body.key
    generation = body.generation
    heartbeat = body.heartbeat || heartbeat
    limit = body.limits.frame
    log.shed(limit, tooLarge(limit))
    acked(body.recv)
    // The end may have been all that was missing.
    if (wires.all.indexOf(strand) >= 0) to.welcomed(strand, body.active)
  }

  function acked(n: number): void {
    const freed = log.ack(n)
    if (!freed) return
    guard.waits(log.bytes(), freed)
    to.progress()
    if (log.waiting()) wires.used?.conn!.wake()
  }

  function beacon(packet: Packet): void {
    const strand = wires.used
    if (!platform.post || !strand) return
    const frame = codec.join([hello(strand), codec.encode(packet)])
    post(o, "send", frame, nothing, nothing, false, true)
  }

  const self: Traffic = {
    opening: (strand) => ({
      url: o.url,
      codec,
      platform,
      hello(wait) {
        // Each poll after the first takes the next claim, but not from a wire that is about to take over.
        if (strand.helloAt && (!wires.asked || wires.asked == strand)) strand.claim = ++wires.latest
        if (!strand.welcomed) strand.helloAt = platform.now() || 1
        // What a poll does not say that it has comes again.
        if (wait) flush(Infinity)
        // A poll that is not in use yet is not held: its answer is what it waits for.
        const packets = [hello(strand, wait && (strand == wires.used ? Math.min(wait, heartbeat) : 0))]
        if (!strand.first || sid) return codec.join(packets)
        strand.first = false
        log.attach()
        return codec.join(packets.concat(collect(strand, FIRST_FLIGHT)))
      },
      sender: () => (sid ? hello(strand) : undefined),
      packets(again, room) {
        if (strand != wires.used) return []
        controls = room
        if (again) {
          strand.up = 0
          log.attach()
        }
        const packets = collect(strand, again && doubted ? 0 : limit - room)
        if (again ? doubted : packets.length && owed.owed(handed())) packets.unshift(acknowledgement())
        return packets
      },
      limit: () => limit,
      frame(frame) {
        if (strand == wires.kept) to.revived(strand)
        const now = platform.now()
        // What comes without a pause belongs to the same slice; a pause is given back.
        until = Math.min(now + SLICE, until + 2 * (now - rested))
        const accepted = inbox.received()
        const packets = decode(frame)
        if (packets) packets.forEach((packet) => take(strand, packet))
        else breach(strand, malformed())
        deliver()
        if (inbox.received() > accepted) {
          owed.took(codec.size(frame), now)
          to.progress()
        }
        // Who watches acknowledges, too, if that is due.
        if (strand == wires.used) guard.heard()
      },
      answer(frame, status) {
        // Without what is large of the control packets, which may be lost, there may be an answer.
        const [entry, more] = strand != wires.used || controls > LARGE ? [] : batch
        const before = doubted
        doubted = undefined
        const packets = frame && decode(frame)
        if (!packets) {
          // If less gets no answer either, it is not the size.
          if (before) refusals = 0
          if (more) gathered /= 2
          else if (entry && entry.size > LARGE) {
            doubted = entry
            if (status == TOO_LARGE) refusals = RETRIES
          }
          return -1
        }
        // It may have been the network.
        gathered = Math.min(GATHERED, gathered * 1.5)
        let wait = 0
        packets.forEach(function (packet) {
          if (packet[0] == Kind.Close && strand == wires.used && packet[3]) wait = packet[3]
          else take(strand, packet)
        })
        // What was lost may only have been the answer.
        if (before && before.n > log.acked()) {
          if (++refusals > RETRIES) spoil(before, strand)
          else wait = REST * refusals
        } else refusals = 0
        // To be asked for patience is a sign of life.
        if (wait) guard.excuse(wait)
        return wait
      },
      closed: (why, code) => to.failed(strand, why, code),
    }),
    ask(strand) {
      strand.conn!.carry(codec.encode([Kind.Use, strand.number, strand.claim, handed()]))
    },
    adopt(strand) {
      strand.up = 0
      strand.fresh = log.sent()
      log.attach()
      guard.begin(strand.roundTrip!, heartbeat, log.bytes())
      strand.conn!.carry()
      strand.conn!.wake()
    },
    stop: guard.stop,
    wake() {
      if (!wires.used) return
      guard.waits(log.bytes(), 0)
      wires.used.conn!.wake()
    },
    probe: guard.probe,
    suspected: guard.suspected,
    beacon,
    key: () => (key = key || newKey(platform)),
    renew(known) {
      flush()
      if (sid && key && !known) lost = { sid, key }
      key = sid = undefined
      generation = 0
      inbox = incoming()
      owed = acks()
      return !!lost
    },
    sid: () => sid,
    token: undefined,
    limit: () => limit,
  }
  return self
}
