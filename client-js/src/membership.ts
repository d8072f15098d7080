import type { ChannelStatus, MembershipName, Position } from "./channel.js"
import { type HawserError, hawserError } from "./errors.js"
import { type Admission, isCount, Kind } from "./packet.js"
import type { Done, Request, Requests } from "./requests.js"
import type { Place } from "./session.js"
import { JOINED, SNAPSHOT, STATUS } from "./signals.js"

/** One client's membership of one channel: docs/protocol.md §9. */
export interface Membership {
  status(): MembershipName
  position(): Position | undefined
  join(data: unknown, since: Position | null | undefined): Promise<unknown>
  leave(): Promise<void>
  /** A message of the channel came. Whether it is one for us: what comes before the server let us in is not. */
  at(offset: number): boolean
  /** Messages were lost: asks to be let in again, from the last one that came. */
  reset(): void
  /** The server removed us, or the client is closed. */
  left(error?: HawserError): void
  /** The session is lost, another begins: asks to be let in again, before anything else is sent. */
  rejoin(): void
}

export function membership(
  name: string,
  requests: Requests,
  tell: (signal: string, value?: unknown) => void,
  promised: <T>(begin: (done: Done) => void) => Promise<T>,
): Membership {
  let epoch = ""
  let offset = 0
  let wish: unknown // what join was called with
  let promise: Promise<unknown> | undefined // what join returned; undefined when out
  let settle: Done // what settles it
  let request: Request | undefined // while the server is being asked
  let joined = false
  let renewed = false // whether there was a membership before the one that is asked for
  let broken = false // whether that one ended by a reset

  function ask(place?: Place): void {
    const named = epoch
    joined = false
    try {
      const mine: Request = (request = requests.ask(
        [Kind.Join, 0, name, epoch, offset, wish],
        function (error, data) {
          // Left meanwhile, or asked again.
          if (request != mine) return
          if (error) return out(error)
          const admission = (data || {}) as Admission
          const recovered = !!admission.recovered
          const status: ChannelStatus = {
            status: broken ? "reset" : "joined",
            recovered: named || renewed ? recovered : undefined,
          }
          const news = !broken || !recovered
          epoch = admission.epoch || ""
          offset = admission.offset || 0
          request = undefined
          joined = renewed = true
          broken = false
          if (news) tell(STATUS, status)
          tell(JOINED)
          // Those who were told may have left.
          if (joined && "snapshot" in admission) tell(SNAPSHOT, admission.snapshot)
          settle(undefined, admission.data)
        },
        place,
      ))
    } catch (error) {
      out(error as HawserError)
    }
  }

  function out(error?: HawserError): void {
    const was = renewed
    promise = request = undefined
    joined = renewed = broken = false
    settle(error || hawserError("canceled"))
    const status: ChannelStatus = { status: "left", error }
    if (was) tell(STATUS, status)
  }

  return {
    status: () => (joined ? "joined" : promise ? "joining" : "left"),
    position: () => (epoch ? { epoch, offset } : undefined),
    join(data, since) {
      if (promise) return promise
      const waiting = (promise = promised<unknown>((done) => (settle = done)))
      wish = data
      if (since && (typeof since.epoch != "string" || !isCount(since.offset))) {
        out(hawserError("bad_request", "not a position"))
      } else {
        epoch = since?.epoch || ""
        offset = since?.offset || 0
        ask()
      }
      return waiting
    },
    leave: () =>
      promised(function (done) {
        if (!promise) return done()
        out()
        requests.ask(
          [Kind.Leave, 0, name],
          // Nobody is a member of a session that is lost.
          (error) => (error?.code == "unknown_outcome" ? done() : done(error)),
        )
      }),
    at(n) {
      if (joined) offset = n
      return joined
    },
    reset() {
      if (!joined) return
      broken = true
      ask("first")
    },
    left(error) {
      // While it is being asked, the answer is what counts.
      if (joined) out(error)
    },
    rejoin() {
      // In a new session it is said by `recovered` whether anything was lost.
      broken = false
      // A join that waits to go out keeps its place.
      if (promise && !(request && !request.entry.n)) ask("first")
    },
  }
}
