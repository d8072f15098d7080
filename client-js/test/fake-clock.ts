/** A clock that moves only when it is told to. */
export interface FakeClock {
  now(): number
  /** As `Platform.after`. */
  after(ms: number, fn: () => void): () => void
  /** Lets time pass: runs what is due, in order, and each time all that promises have ready. */
  advance(ms: number): Promise<void>
  /** Time that the code takes which runs now: nothing else runs meanwhile. */
  spend(ms: number): void
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
        let next = timers[0]
        for (const timer of timers) if (timer.at < next!.at) next = timer
        if (!next || next.at > until) break
        timers.splice(timers.indexOf(next), 1)
        now = Math.max(now, next.at)
        next.fn()
        await settled()
      }
      now = Math.max(now, until)
    },
    spend(ms) {
      now += ms
    },
    pending: () => timers.length,
  }
}
