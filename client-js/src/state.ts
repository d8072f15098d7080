// What a client is doing, as named states, and how one follows from another. Pure.

import type { HawserError } from "./errors.js"

/**
 * `attempt` counts the races since the client was last online for a stable minute, from 1; 0 after such a minute. Of
 * those before a connection that was of use for a shorter time no more than one counts.
 */
export type State =
  /** Wires race, and none is in use. */
  | { readonly kind: "connecting"; readonly attempt: number }
  /** A wire is in use. */
  | { readonly kind: "online"; readonly attempt: number }
  /** A wire is in use that is suspected, or to be replaced; others race beside it. */
  | { readonly kind: "doubting"; readonly attempt: number }
  /** No wire works; the next race comes in `retryIn` ms. */
  | Waiting
  /** The page sleeps in the back-forward cache. */
  | { readonly kind: "parked"; readonly attempt: number }
  /** The application closed the session; what it sent before is on its way, or waits for the race that is on. */
  | { readonly kind: "closing"; readonly attempt: number }
  /** Over, for good; with an error unless the application closed it. */
  | { readonly kind: "closed"; readonly attempt: number; readonly error?: HawserError | undefined }

export interface Waiting {
  readonly kind: "offline"
  readonly attempt: number
  readonly retryIn: number
  readonly error?: HawserError | undefined
}

/** What happens to a client. */
export enum Event {
  /** A wire of the race is in use now. */
  Won,
  /** It has been online for a while. */
  Stable,
  /** The wire in use should be replaced. */
  Doubt,
  /**
   * The wire in use is gone, and no other can take its place at once. `retryIn`: when to race again, 0 if it was
   * of use.
   */
  Lost,
  /** Time to race again. */
  Retry,
  Close,
  /** It is over: `close` is done, or something happened after which a client does not try again. */
  Over,
  // Those that follow leave nobody who could be waited for.
  /** All wires of the race failed. `retryIn`: when to race again. */
  Failed,
  /** The session is lost, another begins: at once, or in `retryIn` ms. */
  Fresh,
  Park,
}

export const initial: Waiting = { kind: "offline", attempt: 0, retryIn: 0 }

/** The state after an event; the same object if the event changes nothing. */
export function transition(state: State, event: Event, error?: HawserError, retryIn = 0): State {
  const { kind, attempt } = state
  const inUse = kind == "online" || kind == "doubting"
  const to = (kind: Exclude<State["kind"], "offline">, n = attempt): State => ({ kind, attempt: n })
  const wait = (): State => ({ kind: "offline", attempt, retryIn, error })
  const again = () => to("connecting", attempt + 1)

  if (kind == "closed") return state
  if (event == Event.Over) return { kind: "closed", attempt, error }
  // Nobody waits for what cannot be said any more.
  if (kind == "closing") return event > Event.Over ? to("closed") : state
  switch (event) {
    case Event.Won:
      // Online: by a better one. Offline: by the wire that was suspected, which has spoken again.
      return to("online")
    case Event.Stable:
      return attempt && inUse ? to(kind, 0) : state
    case Event.Doubt:
      return kind == "online" ? to("doubting") : state
    case Event.Lost:
      // One that was of no use must not make a client run in circles.
      return !inUse ? state : retryIn && kind == "online" ? wait() : to("connecting", Math.min(attempt || 1, 2))
    case Event.Failed:
      // A wire that is suspected while no other works is no better than they are, unless it speaks again.
      return kind == "connecting" || kind == "doubting" ? wait() : state
    case Event.Fresh:
      return retryIn ? wait() : again()
    case Event.Retry:
      return kind == "offline" || kind == "parked" ? again() : state
    case Event.Park:
      return to("parked")
    case Event.Close:
      return to(inUse || kind == "connecting" ? "closing" : "closed")
  }
}
