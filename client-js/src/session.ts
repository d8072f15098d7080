// The two numbered logs of a session, as plain data: no I/O, no timers, no clock. docs/protocol.md §1 and §3.2.

import type { Encoded } from "./codecs/codec.js"
import { type HawserError, hawserError } from "./errors.js"

/** Bounds of the two parts of an outgoing log. A part that is empty takes any one packet. */
export interface Limits {
  readonly unsentBytes: number
  readonly unsentPackets: number
  readonly sentBytes: number
  readonly sentPackets: number
}

export const defaultLimits: Limits = {
  unsentBytes: 1 << 20,
  unsentPackets: 4096,
  sentBytes: 4 << 20,
  sentPackets: 16384,
}

/** A packet in an outgoing log. */
export interface Entry {
  readonly data: Encoded
  readonly size: number
  /** Its number, from 1; 0 while it was never written to a wire. */
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
  append(data: Encoded, size: number, settle: Entry["settle"], place?: Place): Entry
  /** Takes an unsent packet out again, unsettled. False if it was sent. */
  drop(entry: Entry): boolean
  /**
   * Starts a new wire, whose peer has accepted `recv` packets: the next packet is the first after what is
   * acknowledged, whose number it returns.
   */
  attach(recv: number): number
  /**
   * The next packet for the wire in use, if it has at most `budget` bytes; an unsent one gets its number. Undefined
   * when nothing waits, or the sent part is full.
   */
  next(budget: number): Entry | undefined
  /** Whether `next`, with budget enough, would give a packet. */
  waiting(): boolean
  /**
   * Forgets the packets up to n and settles them. A lower n than before changes nothing; one that was never sent
   * throws `protocol`.
   */
  ack(n: number): void
  /** Takes out all unsent packets of more than `size` bytes, settled with the error. */
  shed(size: number, error: HawserError): void
  /** The highest number acknowledged. */
  acked(): number
  /** How many bytes the packets of both parts have. */
  bytes(): number
  /**
   * Begins anew, for a new session: counting starts over, sent packets are settled with `lost`, unsent ones stay or,
   * with `unsent`, are settled with that.
   */
  reset(lost: HawserError, unsent?: HawserError): void
}

export function outgoing(limits: Limits = defaultLimits): Outgoing {
  let entries: Entry[] = []
  let acked = 0
  let sent = 0
  let cursor = 1
  let sentBytes = 0
  let unsentBytes = 0
  let ended = false

  function room(entry: Entry): boolean {
    return !sent || (sent < limits.sentPackets && sentBytes + entry.size <= limits.sentBytes)
  }

  function ack(n: number): void {
    if (n > acked + sent) throw hawserError("protocol", "out of place")
    if (n <= acked) return
    const done = entries.splice(0, n - acked)
    sent -= done.length
    acked = n
    if (cursor <= n) cursor = n + 1
    done.forEach(function (entry) {
      sentBytes -= entry.size
    })
    // Last, because what it calls may use the log.
    done.forEach(function (entry) {
      entry.settle()
    })
  }

  function drop(entry: Entry): boolean {
    const i = entries.indexOf(entry)
    if (i < sent) return false
    entries.splice(i, 1)
    unsentBytes -= entry.size
    return true
  }

  return {
    append(data, size, settle, place) {
      const unsent = entries.length - sent
      const full = unsent && (unsent >= limits.unsentPackets || unsentBytes + size > limits.unsentBytes)
      if (ended || (full && !place)) throw hawserError("not_sent", ended ? "closed" : "too much waits")
      ended = place == "last"
      const entry = { data, size, settle, n: 0 }
      entries.splice(place == "first" ? sent : entries.length, 0, entry)
      unsentBytes += size
      return entry
    },
    drop,
    attach(recv) {
      ack(recv)
      return (cursor = acked + 1)
    },
    next(budget) {
      const i = cursor - acked - 1
      const entry = entries[i]
      if (!entry || entry.size > budget || (i == sent && !room(entry))) return undefined
      if (i == sent) {
        sent++
        sentBytes += entry.size
        unsentBytes -= entry.size
      }
      entry.n = cursor++
      return entry
    },
    waiting() {
      const i = cursor - acked - 1
      const entry = entries[i]
      return !!entry && (i < sent || room(entry))
    },
    ack,
    shed(size, error) {
      entries.slice(sent).forEach(function (entry) {
        if (entry.size > size && drop(entry)) entry.settle(error)
      })
    },
    acked: () => acked,
    bytes: () => sentBytes + unsentBytes,
    reset(lost, unsent) {
      const gone = unsent ? entries : entries.slice(0, sent)
      entries = entries.slice(gone.length)
      acked = sent = sentBytes = 0
      cursor = 1
      ended = false
      if (unsent) unsentBytes = 0
      gone.forEach(function (entry) {
        entry.settle(entry.n || !unsent ? lost : unsent)
      })
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
  accepted(): number
}

export function incoming(): Incoming {
  let accepted = 0
  let leaped = false
  let ended = false

  return {
    start(cursor, n) {
      if (n < 1 || n > accepted + 1) {
        const error = hawserError(leaped ? "unknown_outcome" : "leap", "packets were skipped")
        leaped = true
        throw error
      }
      cursor.next = n
    },
    accept(cursor) {
      if (!cursor.next || (ended && cursor.next > accepted)) throw hawserError("protocol", "out of place")
      if (cursor.next++ <= accepted) return false
      accepted++
      leaped = false
      return true
    },
    end() {
      ended = true
    },
    accepted: () => accepted,
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
  accepted(bytes: number, now: number): void
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
    accepted(more, now) {
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
