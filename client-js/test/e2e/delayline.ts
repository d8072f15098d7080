import { performance } from "node:perf_hooks"

/** One direction of a connection, in which bytes take their time: what was put in and has not come out is in flight. */
export interface DelayLine {
  put(chunk: Buffer): void
  /** Nothing more comes: `ended` is called once the rest is out. */
  end(): void
  /** How many bytes are in flight. */
  readonly held: number
  /** Stops it, and returns the bytes that were in flight. */
  stop(): Buffer
}

/** `latency` is asked for each chunk, in ms. Order is kept. */
export function delayLine(latency: () => number, deliver: (chunk: Buffer) => void, ended: () => void): DelayLine {
  let queue: { chunk: Buffer | undefined; due: number }[] = []
  let held = 0
  let timer: NodeJS.Timeout | undefined

  function put(chunk: Buffer | undefined): void {
    const before = queue.at(-1)?.due ?? 0
    queue.push({ chunk, due: Math.max(before, performance.now() + latency()) })
    held += chunk?.length ?? 0
    if (timer === undefined) arm()
  }

  function arm(): void {
    const first = queue[0]
    timer = first && setTimeout(release, Math.max(0, first.due - performance.now()))
  }

  function release(): void {
    const now = performance.now()
    for (let first = queue[0]; first && first.due <= now; first = queue[0]) {
      queue.shift()
      held -= first.chunk?.length ?? 0
      if (first.chunk) deliver(first.chunk)
      else ended()
    }
    arm()
  }

  return {
    put,
    end: () => put(undefined),
    get held() {
      return held
    },
    stop() {
      clearTimeout(timer)
      const rest = Buffer.concat(queue.flatMap(({ chunk }) => chunk ?? []))
      queue = []
      held = 0
      return rest
    },
  }
}
