// A network between a client and a server in memory that does to connections what networks do, and counts what is left.

import type { Platform, PostRequest, Socket, SocketConstructor } from "../src/platform.js"
import { between, type Random } from "./e2e/random.js"
import type { FakeClock } from "./fake-clock.js"

/** What a client has not given back yet. */
export interface Left {
  timers: number
  sockets: number
  requests: number
  places: number
}

export interface RoughNetwork {
  /** What the client is to run on. */
  platform: Platform
  /** Whether nobody sees the page. */
  hidden: boolean
  /** The connections that are open carry nothing any more, one way or both, and nobody is told. */
  silence(): void
  /** They break; the server may not hear of it. */
  cut(): void
  left(): Left
}

/** One connection, as long as the client has it open. */
interface Line {
  up: boolean
  down: boolean
  break(told: boolean): void
}

/**
 * `base` is the server's platform; `places`: how many responses pages hold together, undefined where they do not know
 * of each other.
 */
export function roughNetwork(clock: FakeClock, random: Random, base: Platform, places?: number): RoughNetwork {
  const lines = new Set<Line>()
  const left: Left = { timers: 0, sockets: 0, requests: 0, places: 0 }
  const memory = new Map<string, string>()

  /** Carries one thing after another, each a while later. */
  function pipe(): (arrive: () => void) => void {
    let last = 0
    return function (arrive) {
      last = Math.max(last, clock.now() + between(random, 0, 30))
      clock.after(last - clock.now(), arrive)
    }
  }

  function after(ms: number, fn: () => void): () => void {
    let waits = true
    left.timers++
    function over(): boolean {
      if (!waits) return false
      waits = false
      left.timers--
      return true
    }
    const stop = clock.after(ms, () => over() && fn())
    return () => over() && stop()
  }

  function open(url: string, protocols: string[]): Socket {
    const inner = new base.WebSocket!(url, protocols)
    const down = pipe()
    const tell = (what: () => void) => down(() => line.down && lines.has(line) && what())
    const line: Line = {
      up: true,
      down: true,
      break(told) {
        if (told) inner.close()
        line.up = false
        tell(() => socket.onclose?.())
      },
    }
    const socket: Socket = {
      binaryType: "",
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (frame) => void (line.up && inner.send(frame)),
      close() {
        if (lines.delete(line)) left.sockets--
        if (line.up) inner.close()
      },
    }
    inner.onopen = () => tell(() => socket.onopen?.())
    inner.onmessage = (event) => tell(() => socket.onmessage?.(event))
    inner.onclose = () => tell(() => socket.onclose?.())
    lines.add(line)
    left.sockets++
    return socket
  }

  function post(request: PostRequest): () => void {
    const down = pipe()
    const tell = (what: () => void) => down(() => line.down && lines.has(line) && what())
    function end(): void {
      if (lines.delete(line) && !request.keepalive) left.requests--
    }
    function done(failed: boolean): void {
      end()
      request.done(failed)
    }
    const line: Line = {
      up: true,
      down: true,
      break(told) {
        if (told) stop()
        tell(() => done(true))
      },
    }
    lines.add(line)
    if (!request.keepalive) left.requests++
    const stop = base.post!({
      ...request,
      data: (chunk, status) => tell(() => request.data(chunk, status)),
      done: (failed) => tell(() => done(failed)),
    })
    return function () {
      end()
      if (line.up) stop()
    }
  }

  function place(granted: (release: (() => void) | undefined) => void): void {
    clock.after(1, function () {
      if (left.places == places) return granted(undefined)
      left.places++
      let held = true
      granted(function () {
        if (held) left.places--
        held = false
      })
    })
  }

  const network: RoughNetwork = {
    hidden: false,
    platform: {
      ...base,
      post,
      WebSocket: open as unknown as SocketConstructor,
      after,
      random,
      secret: (n) => Array.from({ length: n }, () => between(random, 0, 255)),
      hidden: () => network.hidden,
      recall: (name) => memory.get(name),
      remember: (name, value) => memory.set(name, value),
      place: places === undefined ? undefined : place,
    },
    silence() {
      const ways = between(random, 1, 3)
      lines.forEach(function (line) {
        if (ways & 1) line.up = false
        if (ways & 2) line.down = false
      })
    },
    cut() {
      const told = random() < 0.7
      lines.forEach((line) => line.break(told))
    },
    left: () => ({ ...left }),
  }
  return network
}
