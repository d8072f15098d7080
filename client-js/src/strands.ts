// The wires that a client has open, from the moment that they are planned.

import type { Platform } from "./platform.js"
import type { Runner, Standing } from "./race.js"
import type { Cursor } from "./session.js"
import type { Opening, Transport, Wire } from "./transports/transport.js"

/** How long a wire has until its welcome, in ms. */
const WELCOME_WITHIN = 10000
/** How many wires there may be while others are still opened beside those that do not answer. */
const MANY = 6

/** One wire, and what is known of it. */
export interface Strand extends Runner, Cursor {
  readonly via: Transport
  readonly number: number
  /** Missing until it opens. */
  conn?: Wire
  /** The number of the packet that the server expects next on it; 0 before a start. */
  up: number
  /** What has a higher number went up on no wire before. */
  fresh?: number
  /** When its hello went, then how long the welcome took. */
  helloAt?: number
  roundTrip?: number
  /** Whether its hello takes packets with it. */
  first: boolean
  /** Stops what it waits for: to open, or to be given up. */
  unwait?: () => void
}

export interface Strands extends Standing<Strand> {
  /** All of them, the oldest first. */
  readonly all: Strand[]
  /** Adds a wire with the latest claim, which opens after a delay. */
  add(transport: Transport, delay: number, first: boolean): void
  /** Gives a wire up unless it is forgotten, or heard of again, within so many ms. */
  expect(strand: Strand, within: number): void
  /** Closes a wire and forgets it. What follows from that is the caller's affair. False if it was forgotten before. */
  discard(strand: Strand): boolean
  /** Those that are neither in use nor kept. */
  others(): Strand[]
}

/** `failed` is told why a wire is to be given up: it was not discarded then. */
export function strands(
  platform: Platform,
  opening: (strand: Strand) => Opening,
  failed: (strand: Strand, why: string) => void,
): Strands {
  const all: Strand[] = []
  let numbers = 0

  function expect(strand: Strand, within: number): void {
    strand.unwait?.()
    strand.unwait = platform.after(within, () => failed(strand, "no answer"))
  }

  function open(strand: Strand): void {
    const transport = strand.via
    const { hedge = 0 } = transport
    strand.unwait = platform.after(hedge, function () {
      expect(strand, WELCOME_WITHIN - hedge)
      if (hedge && (!these.used || these.doubted) && all.length < MANY) these.add(transport, 0, false)
    })
    try {
      strand.conn = transport.open(opening(strand))
    } catch {
      expect(strand, 0)
    }
  }

  const these: Strands = {
    all,
    latest: 0,
    doubted: false,
    add(transport, delay, first) {
      const strand: Strand = {
        via: transport,
        rank: transport.rank,
        claim: these.latest,
        number: ++numbers,
        next: 0,
        welcomed: false,
        up: 0,
        first,
      }
      all.push(strand)
      if (delay) strand.unwait = platform.after(delay, () => open(strand))
      else open(strand)
    },
    expect,
    discard(strand) {
      const i = all.indexOf(strand)
      if (i < 0) return false
      all.splice(i, 1)
      strand.unwait?.()
      strand.conn?.close()
      if (these.asked == strand) these.asked = undefined
      if (these.used == strand) these.used = undefined
      if (these.kept == strand) these.kept = undefined
      return true
    },
    others: () => all.filter((strand) => strand != these.used && strand != these.kept),
  }
  return these
}
