// When a wire is suspected: docs/protocol.md §6. Pure: times are milliseconds of any clock that only moves forward.

/** What is known about the wire in use. */
export interface Signs {
  /** When something last came down on it. */
  heard: number
  /** How many frames in a row came shortly after the one before. */
  flow: number
  /** When the server was asked for a sign that has not come; Infinity if it was not. */
  probed: number
  /** Since when what is to go up has made no progress; Infinity when nothing waits. */
  stuck: number
  /** Bytes that waited to be acknowledged when that began. */
  bytes: number
  /** From hello to welcome. */
  roundTrip: number
  /** The server's promise of how often it says something. */
  heartbeat: number
  /** Bytes a second that got through. */
  rate: number
  /** Grows with each suspicion that led to nothing, so that a slow line is not taken for a dead one for ever. */
  patience: number
}

/** Bytes a second, until something was measured. */
const RATE = 16384
/** Longer than a flow rests, and shorter than a user waits. */
const PAUSE = 2000
/** From how many frames on it is a flow whose end would be noticed. */
const STEADY = 8

/** The signs of a wire that was just welcomed. What was learned about the line on the wire before stays. */
export function begin(now: number, roundTrip: number, heartbeat: number, bytes: number, before?: Signs): Signs {
  return {
    heard: now,
    flow: 0,
    probed: Infinity,
    stuck: bytes ? now : Infinity,
    bytes,
    roundTrip,
    heartbeat,
    rate: before ? before.rate : RATE,
    patience: before ? before.patience : 1,
  }
}

/** From when on the wire is suspected. */
export function suspectAt(signs: Signs): number {
  const answer = Math.max(2000, 4 * signs.roundTrip)
  return Math.min(
    signs.heard + signs.heartbeat + 10000,
    signs.probed + answer,
    signs.stuck + (answer + (signs.bytes / signs.rate) * 1000) * signs.patience,
  )
}

/** From when on the server is to be asked for a sign: a steady flow has stopped. */
export function probeAt(signs: Signs): number {
  return signs.flow >= STEADY && signs.probed == Infinity ? signs.heard + PAUSE : Infinity
}

/** Something came down. */
export function heard(signs: Signs, now: number): void {
  signs.flow = now - signs.heard < PAUSE / 4 ? signs.flow + 1 : 0
  signs.heard = now
  signs.probed = Infinity
}

/** `bytes` wait now; of those before, `acked` got through. What joins those that wait does not put off the moment when they are missed. */
export function waits(signs: Signs, now: number, bytes: number, acked: number): void {
  // Small amounts measure the server's patience with acknowledgements, not the line.
  if (acked >= RATE && now > signs.stuck) signs.rate = (signs.rate + (acked / (now - signs.stuck)) * 1000) / 2
  if (acked) signs.patience = 1
  if (acked || signs.stuck == Infinity) {
    signs.stuck = bytes ? now : Infinity
    signs.bytes = bytes
  }
}
