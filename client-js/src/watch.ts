import { fresh, heard, probeAt, progressed, type Signs, suspectAt, waits } from "./liveness.js"
import type { Platform } from "./platform.js"

/** Watches the wire in use with one timer, and says when something is to be done about it. */
export interface Watch {
  /** Another wire is in use; `bytes` wait to be acknowledged. */
  begin(roundTrip: number, heartbeat: number, bytes: number): void
  /** Something came down. */
  heard(): void
  /** `bytes` wait to be acknowledged; of those before, `acked` were. */
  waits(bytes: number, acked: number): void
  /** The server asked for patience. */
  excuse(): void
  /** Asks for a sign of life now. */
  probe(): void
  /** Whether nothing came down since the wire was suspected. */
  silent(): boolean
  /** No wire is in use. */
  stop(): void
}

export interface WatchOptions {
  platform: Platform
  /** The wire looks dead. Called once until something speaks for it. */
  suspect(): void
  /** The server should be asked for a sign of life. */
  probe(): void
  /** When an acknowledgement is due, and what sends it. */
  ackAt(): number
  ack(): void
}

export function watch(o: WatchOptions): Watch {
  const { platform } = o
  let signs: Signs | undefined
  let learned: Signs | undefined // the last ones, also when no wire is in use
  let suspectedAt = -1 // when the wire was suspected; -1: it is not
  let timer: unknown
  let timerAt = Infinity

  /** Sees to it that the timer runs no later than it has to; one that runs too early does no harm. */
  function arm(): void {
    if (!signs) return
    const at = Math.min(o.ackAt(), suspectedAt < 0 ? Math.min(suspectAt(signs), probeAt(signs)) : Infinity)
    if (at >= timerAt) return
    platform.clearTimeout(timer)
    timerAt = at
    timer = platform.setTimeout(check, Math.max(0, at - platform.now()))
  }

  function probe(): void {
    if (!signs) return
    signs.probed = platform.now()
    o.probe()
    arm()
  }

  function check(): void {
    const late = platform.now() - timerAt
    const now = platform.now()
    timerAt = Infinity
    if (!signs) return
    if (late > 2000) {
      // The page slept. What was missed meanwhile proves nothing; what comes now does.
      signs.heard = now
      if (signs.stuck < Infinity) signs.stuck = now
      probe()
    } else if (suspectedAt < 0 && now >= suspectAt(signs)) {
      suspectedAt = now
      signs.patience *= 2
      o.suspect()
    } else if (suspectedAt < 0 && now >= probeAt(signs)) probe()
    if (now >= o.ackAt()) o.ack()
    arm()
  }

  return {
    begin(roundTrip, heartbeat, bytes) {
      signs = learned = fresh(platform.now(), roundTrip, heartbeat, learned)
      signs.bytes = bytes
      signs.stuck = bytes ? platform.now() : Infinity
      suspectedAt = -1
      arm()
    },
    heard() {
      if (!signs) return
      heard(signs, platform.now())
      suspectedAt = -1
      arm()
    },
    waits(bytes, acked) {
      if (!signs) return
      if (acked) {
        progressed(signs, platform.now(), acked, bytes)
        suspectedAt = -1
      } else waits(signs, platform.now(), bytes)
      arm()
    },
    excuse() {
      if (signs && signs.stuck < Infinity) signs.stuck = platform.now()
    },
    probe,
    silent: () => !!signs && suspectedAt >= 0 && signs.heard <= suspectedAt,
    stop() {
      platform.clearTimeout(timer)
      timerAt = Infinity
      signs = undefined
    },
  }
}
