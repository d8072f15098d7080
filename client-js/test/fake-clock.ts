/** A clock that moves only when it is told to. */
export interface FakeClock {
  now(): number
  /** As `Platform.after`. */
  after(ms: number, fn: () => void): () => void
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

  function after(ms: number, fn: () => void): () => void {
    const timer = { at: now + ms, fn }
    timers.push(timer)
    return () => void (timers = timers.filter((other) => other !== timer))
  }

  return {
    now: () => now,
    after,
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
