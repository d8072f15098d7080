// When a wire is suspected: docs/protocol.md §6. Pure: times are milliseconds of any clock that only moves forward.

/** What is known about the wire in use. */
export interface Signs {
  /** When something last came down on it. */
  heard: number
  /** The usual time between two frames that came down, smoothed; Infinity when nothing flows. */
  rhythm: number
  /** When the server was asked for a sign that has not come; Infinity if it was not. */
  probed: number
  /** Since when what is to go up has made no progress; Infinity when nothing waits. */
  stuck: number
  /** Bytes that wait to be acknowledged, at the last progress or after it. */
  bytes: number
  /** From hello to welcome. */
  roundTrip: number
  /** Bytes a second that got through. */
  rate: number
  /** Grows with each suspicion that led to nothing, so that a slow line is not taken for a dead one for ever. */
  patience: number
  /** The server's promise of how often it says something. */
  heartbeat: number
}

/** Bytes a second, until something was measured. */
const RATE = 16384

/** The signs of a wire that was just welcomed; what was learned about the line before stays. */
export function fresh(now: number, roundTrip: number, heartbeat: number, before?: Signs): Signs {
  return {
    heard: now,
    rhythm: Infinity,
    probed: Infinity,
    stuck: Infinity,
    bytes: 0,
    roundTrip,
    rate: before ? before.rate : RATE,
    patience: before ? before.patience : 1,
    heartbeat,
  }
}

/** How long an answer may take. */
function answerIn(signs: Signs): number {
  return Math.max(2000, 4 * signs.roundTrip)
}

/** From when on the wire is suspected. */
export function suspectAt(signs: Signs): number {
  return Math.min(
    signs.heard + signs.heartbeat + 10000,
    signs.probed + answerIn(signs),
    signs.stuck + (answerIn(signs) + (signs.bytes / signs.rate) * 1000) * signs.patience,
  )
}

/** From when on the server is to be asked for a sign: a steady flow has stopped for much longer than its rhythm. */
export function probeAt(signs: Signs): number {
  return signs.rhythm < 500 && signs.probed == Infinity ? signs.heard + Math.max(2000, 8 * signs.rhythm) : Infinity
}

/** Something came down. */
export function heard(signs: Signs, now: number): void {
  const gap = now - signs.heard
  // After a pause a flow must find its rhythm anew.
  signs.rhythm = gap > 2000 || signs.probed < Infinity ? Infinity : signs.rhythm < Infinity ? signs.rhythm * 0.8 + gap * 0.2 : gap
  signs.heard = now
  signs.probed = Infinity
}

/** `acked` more bytes got through, and `left` still wait. */
export function progressed(signs: Signs, now: number, acked: number, left: number): void {
  const seconds = (now - signs.stuck) / 1000
  // Small amounts measure the server's patience with acknowledgements, not the line.
  if (acked >= RATE && seconds > 0) signs.rate = (signs.rate + acked / seconds) / 2
  signs.patience = 1
  signs.bytes = left
  signs.stuck = left ? now : Infinity
}

/** `bytes` wait now. */
export function waits(signs: Signs, now: number, bytes: number): void {
  signs.bytes = bytes
  if (signs.stuck == Infinity) signs.stuck = now
}
