/** A clock that moves only when it is told to. */
export interface FakeClock {
  now(): number
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** Lets time pass: runs what is due, in order, and each time all that promises have ready. */
  advance(ms: number): Promise<void>
  /** How many timers wait. */
  pending(): number
}

interface Timer {
  at: number
  fn: () => void
}

export function fakeClock(): FakeClock {
  let now = 0
  let timers: Timer[] = []

  /** Runs promises until none is ready: a turn of Node's own loop begins only then. */
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

  return {
    now: () => now,
    setTimeout(fn, ms) {
      const timer = { at: now + ms, fn }
      timers.push(timer)
      return timer
    },
    clearTimeout(timer) {
      timers = timers.filter((other) => other !== timer)
    },
    async advance(ms) {
      const until = now + ms
      await settled()
      for (;;) {
        const next = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        timers.splice(timers.indexOf(next), 1)
        now = Math.max(now, next.at)
        next.fn()
        await settled()
      }
      now = until
    },
    pending: () => timers.length,
  }
}
