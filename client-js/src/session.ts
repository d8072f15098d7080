// The two numbered logs of a session, as plain data: no I/O, no timers, no clock. docs/protocol.md §1 and §3.2.

import type { Encoded } from "./codecs/codec.js"
import { type HawserError, hawserError } from "./errors.js"
import { Kind } from "./packet.js"

/** Bounds of the two parts of an outgoing log. A part that is empty takes any one packet. */
export interface Limits {
  /** 1 MiB unless given. */
  readonly unsentBytes?: number
  /** 4,096 unless given. */
  readonly unsentPackets?: number
  /** 4 MiB unless given. */
  readonly sentBytes?: number
  /** 16,384 unless given. */
  readonly sentPackets?: number
}

/** A packet in an outgoing log. */
export interface Entry {
  readonly data: Encoded
  readonly size: number
  readonly kind: Kind
  /** Its number, from 1; 0 while it was never written to a wire of this session. */
  n: number
  /** Called once it is known what became of it: without an error, the other side has it. */
  readonly settle: (error?: HawserError) => void
}

/** Where a packet goes if not simply at the end: before all that is unsent, or at the end for good. */
export type Place = "first" | "last"

/** What one end sends: first the sent packets, numbered and kept until acknowledged, then the unsent tail. */
export interface Outgoing {
  /**
   * Adds a packet to the tail. Throws `not_sent` when the tail is full or the log has ended. No bound keeps out a
   * packet that goes before all that is unsent, nor the last one.
   */
  append(data: Encoded, size: number, kind: Kind, settle: Entry["settle"], place?: Place): Entry
  /** Takes an unsent packet out again, unsettled. False if it was sent. */
  drop(entry: Entry): boolean
  /** Starts a new wire: the next packet is the first after what is acknowledged, whose number it returns. */
  attach(): number
  /**
   * The next packet for the wire in use, if it has at most `budget` bytes, and is of that kind if one is given; an
   * unsent one gets its number. Undefined when nothing waits, or the sent part is full.
   */
  next(budget: number, only?: Kind): Entry | undefined
  /** Whether `next`, with budget enough, would give a packet. */
  waiting(): boolean
  /**
   * Forgets the packets up to n and settles them; returns how many bytes they had. A lower n than before changes
   * nothing; one that was never sent throws `protocol`.
   */
  ack(n: number): number
  /**
   * Puts a cancel in the place of a packet, if that is the first that is not acknowledged, and settles it with the error.
   */
  spoil(entry: Entry, data: Encoded, size: number, error: HawserError): void
  /** Takes out all unsent packets of more than `size` bytes, settled with the error. */
  shed(size: number, error: HawserError): void
  /** The highest number given, */
  sent(): number
  /** and the highest acknowledged. */
  acked(): number
  /** How many bytes the packets of both parts have. */
  bytes(): number
  /** The session is lost, and counting starts over for a new one. What was sent is in doubt until `recover`. */
  lose(): void
  /**
   * Of what is in doubt, the lost session had accepted that many packets: those are settled. The others go again, before
   * all that is unsent but the joins that it begins with; if it is not known, they are settled with the error. So is what means nothing in another
   * session. docs/protocol.md §10.
   */
  recover(accepted: number | undefined, error: HawserError): void
  /** Settles all, for good: what was sent with `sent`, the rest with `unsent`. */
  end(sent: HawserError, unsent: HawserError): void
}

/** Whether a packet of that kind is as good in another session as in the one that it was made for. */
function lasts(kind: Kind): boolean {
  return kind == Kind.Event || kind == Kind.Call || kind == Kind.Cancel || kind == Kind.Publish
}

export function outgoing(limits: Limits = {}): Outgoing {
  const {
    unsentBytes: mostUnsent = 1 << 20,
    unsentPackets = 4096,
    sentBytes: mostSent = 4 << 20,
    sentPackets = 16384,
  } = limits
  let entries: Entry[] = []
  let doubtful: Entry[] = [] // of the session that was lost
  let acked = 0
  let sent = 0
  let cursor = 1
  let sentBytes = 0
  let unsentBytes = 0
  let ended = false

  /** What the wire in use may be given next. */
  function upcoming(): Entry | undefined {
    const entry = entries[cursor - acked - 1]
    if (!entry || entry.n || !sent) return entry
    return sent < sentPackets && sentBytes + entry.size <= mostSent ? entry : undefined
  }

  function ack(n: number): number {
    if (n > acked + sent) throw hawserError("protocol")
    const done = entries.splice(0, Math.max(0, n - acked))
    const before = sentBytes
    sent -= done.length
    acked += done.length
    cursor = Math.max(cursor, acked + 1)
    done.forEach((entry) => (sentBytes -= entry.size))
    const freed = before - sentBytes
    // Last, because what it calls may use the log.
    done.forEach((entry) => entry.settle())
    return freed
  }

  function drop(entry: Entry): boolean {
    const i = entries.indexOf(entry)
    if (i < sent) return false
    entries.splice(i, 1)
    unsentBytes -= entry.size
    return true
  }

  return {
    append(data, size, kind, settle, place) {
      const unsent = entries.length - sent
      const full = unsent && (unsent >= unsentPackets || unsentBytes + size > mostUnsent)
      if (ended || (full && !place)) throw hawserError("not_sent", ended ? "closed" : "full")
      ended = place == "last"
      const entry = { data, size, kind, settle, n: 0 }
      entries.splice(place == "first" ? sent : entries.length, 0, entry)
      unsentBytes += size
      return entry
    },
    drop,
    attach: () => (cursor = acked + 1),
    next(budget, only) {
      const entry = upcoming()
      if (!entry || entry.size > budget || (only && entry.kind != only)) return undefined
      if (!entry.n) {
        sent++
        sentBytes += entry.size
        unsentBytes -= entry.size
      }
      entry.n = cursor++
      return entry
    },
    waiting: () => !!upcoming(),
    ack,
    spoil(entry, data, size, error) {
      if (entries[0] != entry) return
      const { n, settle } = entry
      entries[0] = { data, size, kind: Kind.Cancel, settle() {}, n }
      sentBytes += size - entry.size
      settle(error)
    },
    shed(size, error) {
      entries.slice(sent).forEach(function (entry) {
        if (entry.size > size && drop(entry)) entry.settle(error)
      })
    },
    sent: () => acked + sent,
    acked: () => acked,
    bytes: () => sentBytes + unsentBytes,
    lose() {
      doubtful = doubtful.concat(entries.splice(0, sent))
      acked = sent = sentBytes = 0
      cursor = 1
    },
    recover(accepted, error) {
      let joined = sent
      while (entries[joined]?.kind == Kind.Join) joined++
      // What is sent to a channel goes after the join that lets us in again.
      const all = entries.slice(sent, joined).concat(doubtful, entries.slice(joined))
      const known = accepted ?? -1
      doubtful = []
      entries.length = sent
      unsentBytes = 0
      const gone = all.filter(function (entry) {
        const { kind, n } = entry
        // A join or leave that waits still has to go; a join that went is made anew, from where the channel is then.
        const stays = lasts(kind) ? !n || (known >= 0 && n > known) : !n && (kind == Kind.Join || kind == Kind.Leave)
        if (stays) {
          entry.n = 0
          unsentBytes += entry.size
          entries.push(entry)
        }
        return !stays
      })
      gone.forEach((entry) => entry.settle(entry.n && entry.n <= known ? undefined : error))
    },
    end(lost, unsent) {
      const all = doubtful.concat(entries)
      entries = doubtful = []
      ended = true
      acked = sent = sentBytes = unsentBytes = 0
      all.forEach((entry) => entry.settle(entry.n ? lost : unsent))
    },
  }
}

/** The place of one wire in the peer's numbers. `next` is 0 until it said where they start. */
export interface Cursor {
  next: number
}

/** Counts what one end has accepted. */
export interface Incoming {
  /**
   * The wire's next numbered packet is n. Throws `leap` if packets are missing: that wire is over; and
   * `unknown_outcome` if this happens again before a packet was accepted: the session is over.
   */
  start(cursor: Cursor, n: number): void
  /**
   * Takes the wire's next numbered packet, and says whether it is new; if not, it is to be dropped. Throws `protocol`
   * without a start, or after the end.
   */
  accept(cursor: Cursor): boolean
  /** The packet accepted last was the last. */
  end(): void
  /** The highest number accepted: what an acknowledgement says. */
  received(): number
}

export function incoming(): Incoming {
  let accepted = 0
  let leaped = false
  let ended = false

  return {
    start(cursor, n) {
      if (n < 1 || n > accepted + 1) {
        const error = hawserError(leaped ? "unknown_outcome" : "leap")
        leaped = true
        throw error
      }
      cursor.next = n
    },
    accept(cursor) {
      if (!cursor.next || (ended && cursor.next > accepted)) throw hawserError("protocol")
      if (cursor.next++ <= accepted) return false
      accepted++
      leaped = false
      return true
    },
    end() {
      ended = true
    },
    received: () => accepted,
  }
}

/** When an acknowledgement goes alone; otherwise it rides on whatever goes that way. */
export interface AckPolicy {
  readonly packets: number
  readonly bytes: number
  /** Milliseconds after the first packet that is not acknowledged. */
  readonly delay: number
}

/** Remembers what was acknowledged to the peer, and since when there is more. */
export interface Acks {
  /** Packets of that many bytes were accepted. */
  took(bytes: number, now: number): void
  /**
   * When an acknowledgement up to `n` is due, if need be alone: a time of the same clock, at best in the past, or
   * Infinity.
   */
  due(n: number, policy: AckPolicy): number
  /** An acknowledgement of all was written. */
  said(n: number): void
  /** Whether there is more than was said. */
  owed(n: number): boolean
}

export function acks(): Acks {
  let said = 0
  let bytes = 0
  let since = Infinity
  return {
    took(more, now) {
      bytes += more
      if (since > now) since = now
    },
    due: (n, policy) => (n - said >= policy.packets || (n > said && bytes >= policy.bytes) ? 0 : since + policy.delay),
    said(n) {
      said = n
      bytes = 0
      since = Infinity
    },
    owed: (n) => n > said,
  }
}
