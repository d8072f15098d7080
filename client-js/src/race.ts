// Which wires to open when, and which of them to use: docs/protocol.md §4 and §7. Pure.

/** As much of a transport as a race is about. */
export interface Contender {
  readonly name: string
  readonly rank: number
  readonly delay: number
}

/** How many milliseconds the others give to the transport that worked last time. */
const HEAD_START = 150

/**
 * The order in which a race opens its wires, and when: as the transports ask for, or, where one is remembered to
 * work, that one at once and the others no sooner than 150 ms later. Of those that open together the lowest rank
 * comes first: it needs the fewest round trips. `alone`: the session has no key, so that only one may be opened, and
 * it is the one that works in most places. `lead`: how many milliseconds the others give to the best where nothing is
 * remembered.
 */
export function lineup<T extends Contender>(
  transports: T[],
  remembered: string | undefined,
  alone: boolean,
  lead: number,
): [T, number][] {
  const sorted = transports
    .slice()
    .sort((a, b) => a.rank - b.rank)
    .slice(0, alone ? 1 : Infinity)
  const known = sorted.filter((transport) => transport.name == remembered)[0]
  const ahead = known || ((lead || !sorted[1]) && sorted.slice(-1)[0])
  return sorted
    .map(function (transport): [T, number] {
      return [transport, transport == ahead ? 0 : Math.max(transport.delay, known ? HEAD_START : lead)]
    })
    .sort((a, b) => a[1] - b[1])
}

/** A wire in a race, or in use. */
export interface Runner {
  readonly rank: number
  /** The claim that it made last. */
  claim: number
  /** Whether it was welcomed. */
  welcomed: boolean
}

/** How a client's wires stand to each other. */
export interface Standing<R extends Runner> {
  /** The last claim that the client made. */
  latest: number
  /** The wire in use. */
  used?: R | undefined
  /** Whether any other is to take the place of the one in use. */
  doubted: boolean
  /** The wire that the server was asked to move to, and that has not started yet. */
  asked?: R | undefined
  /** A wire that was in use, and fell silent while no other worked: it may speak again. */
  kept?: R | undefined
}

/** What to do with a wire that was welcomed: use it, ask the server to move to it, let it stand by, or close it. */
export type Verdict = "use" | "ask" | "wait" | "close"

/** Judges a welcome on a wire. `active` is the server's word, which counts only for the latest claim. */
export function judge<R extends Runner>(standing: Standing<R>, runner: R, active: boolean): Verdict {
  const { used, asked, latest } = standing
  if (used && used != runner && !standing.doubted && used.rank >= runner.rank) return "close"
  if (active && runner.claim == latest) return "use"
  return asked && asked != runner && (asked.rank >= runner.rank || used == runner) ? "wait" : "ask"
}

/** Whether a `start` on a wire means that the session has moved to it. */
export function arrived<R extends Runner>(standing: Standing<R>, runner: R): boolean {
  return standing.asked == runner && runner.claim == standing.latest
}

/** Whether a wire has no more reason to be open, once `used` is in use. */
export function outrun(used: Runner, runner: Runner): boolean {
  return runner != used && runner.rank <= used.rank
}

/** The wire to move to when the one in use is gone: the best that was welcomed. */
export function substitute<R extends Runner>(runners: R[]): R | undefined {
  return runners.filter((runner) => runner.welcomed).sort((a, b) => b.rank - a.rank)[0]
}

/** Codes after which a client does not try again by itself: docs/protocol.md §2.5. */
export function isFinal(code: string, welcomed: boolean): boolean {
  return /^(unauthorized|forbidden|version)$/.test(code) || (code == "protocol" && !welcomed)
}

/**
 * How long to wait after a race that failed: full jitter up to 1 s, 2 s, 4 s … 30 s, on top of what the server asked
 * for. In ms.
 */
export function backoff(attempt: number, random: number, advice = 0): number {
  return advice + random * Math.min(30000, 1000 * 2 ** Math.max(attempt - 1, 0))
}
