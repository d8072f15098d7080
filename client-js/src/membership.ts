import type { ChannelStatus } from "./channel.js"
import { type HawserError, hawserError } from "./errors.js"
import { Kind } from "./packet.js"
import type { Request, Requests } from "./requests.js"
import type { Place } from "./session.js"

/** One client's membership of one channel. */
export interface Membership {
  joined(): boolean
  join(data: unknown): Promise<unknown>
  leave(): Promise<unknown>
  /** A message of the channel was handed on, or messages were lost and it goes on at a position. */
  at(offset: number, epoch?: string): void
  /** The server removed us. */
  left(error: HawserError): void
  /** The session is lost, another begins: asks to be let in again, before anything else is sent. */
  rejoin(): void
}

export function membership(name: string, requests: Requests, changed: (status: ChannelStatus) => void): Membership {
  let epoch = ""
  let offset = 0
  let wish: unknown // what join was called with
  let promise: Promise<unknown> | undefined // what join returned; undefined when out
  let resolve: (data: unknown) => void
  let reject: (error: HawserError) => void
  let request: Request | undefined // while the server is being asked
  let joined = false
  let renewed = false // whether there was a membership before the one that is asked for

  function ask(place?: Place): void {
    const mine: Request = (request = requests.ask(
      (id) => [Kind.Join, id, name, epoch, offset, wish],
      function (error, data) {
        // Left meanwhile, or asked again.
        if (request != mine) return
        if (error) return out(error)
        const reply = (data || {}) as { epoch?: string; offset?: number; recovered?: boolean; data?: unknown }
        request = undefined
        joined = true
        epoch = reply.epoch || ""
        offset = reply.offset || 0
        changed({ status: "joined", recovered: renewed ? !!reply.recovered : undefined })
        renewed = true
        resolve(reply.data)
      },
      place,
    ))
  }

  function out(error?: HawserError): void {
    const was = renewed
    promise = request = undefined
    joined = renewed = false
    reject(error || hawserError("canceled"))
    if (was) changed({ status: "left", error })
  }

  return {
    joined: () => joined,
    join(data) {
      const waiting = (promise =
        promise ||
        new Promise(function (yes, no) {
          resolve = yes
          reject = no
        }))
      if (!joined && !request) {
        wish = data
        try {
          ask()
        } catch (error) {
          out(error as HawserError)
        }
      }
      return waiting
    },
    leave() {
      if (!promise) return Promise.resolve()
      out()
      return new Promise(function (yes, no) {
        requests.ask(
          (id) => [Kind.Leave, id, name],
          // Nobody is a member of a session that is lost.
          (error) => (error && error.code != "unknown_outcome" ? no(error) : yes(undefined)),
        )
      })
    },
    at(n, where) {
      offset = n
      if (where === undefined) return
      epoch = where
      changed({ status: "reset" })
    },
    left(error) {
      if (promise) out(error)
    },
    rejoin() {
      if (!joined && !request?.entry.n) return
      joined = false
      ask("first")
    },
  }
}
