import { begin, heard, probeAt, suspectAt, waits } from "./liveness.js"
import type { Platform } from "./platform.js"

/** Watches the wire in use with one timer, and says when something is to be done about it. */
export interface Watch {
  /** Another wire is in use; `bytes` wait to be acknowledged. */
  begin(roundTrip: number, heartbeat: number, bytes: number): void
  /** Something came down. */
  heard(): void
  /** `bytes` wait to be acknowledged; of those before, `acked` were. */
  waits(bytes: number, acked: number): void
  /** The server asked for patience, for so many ms. */
  excuse(ms: number): void
  /** Asks for a sign of life now. */
  probe(): void
  /** Whether the wire looks dead. */
  suspected(): boolean
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

export function watch({ platform, suspect, probe, ackAt, ack }: WatchOptions): Watch {
  let signs = begin(Infinity, 0, 0, 0)
  let suspected = false
  let stop: (() => void) | undefined
  let timerAt = Infinity

  /** Sees to it that the timer runs no later than it has to; one that runs too early does no harm. */
  function arm(): void {
    if (ackAt() <= platform.now()) ack()
    const at = Math.min(ackAt(), suspected ? Infinity : Math.min(suspectAt(signs), probeAt(signs)))
    if (at >= timerAt) return
    stop?.()
    timerAt = at
    stop = platform.after(Math.max(0, at - platform.now()), check)
  }

  function ask(): void {
    signs.probed = platform.now()
    probe()
    arm()
  }

  function check(): void {
    const now = platform.now()
    const slept = now - timerAt > 2000
    timerAt = Infinity
    if (slept) {
      // What was missed meanwhile proves nothing; what comes now does.
      signs.heard = now
      if (signs.stuck < now) signs.stuck = now
      ask()
    } else if (!suspected) {
      if (now >= suspectAt(signs)) {
        suspected = true
        signs.patience *= 2
        suspect()
      } else if (now >= probeAt(signs)) ask()
    }
    arm()
  }

  return {
    begin(roundTrip, heartbeat, bytes) {
      signs = begin(platform.now(), roundTrip, heartbeat, bytes, signs)
      suspected = false
      arm()
    },
    heard() {
      heard(signs, platform.now())
      suspected = false
      arm()
    },
    waits(bytes, acked) {
      waits(signs, platform.now(), bytes, acked)
      if (acked) suspected = false
      arm()
    },
    excuse(ms) {
      if (signs.stuck < Infinity) signs.stuck = platform.now() + ms
    },
    probe: ask,
    suspected: () => suspected,
    stop() {
      stop?.()
      timerAt = signs.heard = signs.stuck = signs.probed = Infinity
      signs.flow = 0
    },
  }
}
