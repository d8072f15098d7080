import type { ChannelStatus } from "./channel.js"
import { type HawserError, hawserError } from "./errors.js"
import { Kind, type Packet } from "./packet.js"
import type { Request, Requests } from "./requests.js"

/** Where in a channel's history a member is. */
interface Position {
  epoch: string
  offset: number
}

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

type Phase =
  | { kind: "out" }
  | { kind: "joining"; request: Request; promise: Promise<unknown>; resolve(data: unknown): void; reject(error: HawserError): void }
  | { kind: "joined"; promise: Promise<unknown> }

export function membership(name: string, requests: Requests, changed: (status: ChannelStatus) => void): Membership {
  let phase: Phase = { kind: "out" }
  let wish: unknown // what join was called with
  let position: Position = { epoch: "", offset: 0 }
  let before = false // whether there was a membership before this one

  function ask(first: boolean): Request {
    return requests.ask(
      (id): Packet => [Kind.Join, id, name, position.epoch, position.offset, wish],
      function (error, data) {
        if (phase.kind != "joining") return
        // The session was lost under it; rejoin follows.
        if (error && error.code == "unknown_outcome") return
        const { promise, resolve, reject } = phase
        if (error) {
          phase = { kind: "out" }
          reject(error)
          if (before) changed({ status: "left", error })
          before = false
          return
        }
        const reply = (data || {}) as Partial<Position> & { recovered?: boolean; data?: unknown }
        phase = { kind: "joined", promise }
        position = { epoch: reply.epoch || "", offset: reply.offset || 0 }
        changed({ status: "joined", recovered: before ? !!reply.recovered : undefined })
        before = true
        resolve(reply.data)
      },
      first,
    )
  }

  function join(first: boolean): Promise<unknown> {
    let resolve!: (data: unknown) => void
    let reject!: (error: HawserError) => void
    const promise = new Promise<unknown>(function (yes, no) {
      resolve = yes
      reject = no
    })
    try {
      phase = { kind: "joining", request: ask(first), promise, resolve, reject }
    } catch (error) {
      reject(error as HawserError)
    }
    return promise
  }

  function out(error?: HawserError): void {
    if (phase.kind == "joining") phase.reject(error || hawserError("canceled", "left"))
    const was = phase.kind
    phase = { kind: "out" }
    before = false
    if (was == "joined") changed({ status: "left", error })
  }

  return {
    joined: () => phase.kind == "joined",
    join(data) {
      if (phase.kind != "out") return phase.promise
      wish = data
      return join(false)
    },
    leave() {
      if (phase.kind == "out") return Promise.resolve()
      out()
      return new Promise(function (resolve, reject) {
        requests.ask(
          (id): Packet => [Kind.Leave, id, name],
          // Nobody is a member of a session that is lost.
          (error) => (error && error.code != "unknown_outcome" ? reject(error) : resolve(undefined)),
        )
      })
    },
    at(offset, epoch) {
      position = { epoch: epoch === undefined ? position.epoch : epoch, offset }
      if (epoch !== undefined) changed({ status: "reset" })
    },
    left: out,
    rejoin() {
      // Whoever joined was told; now only the status tells.
      if (phase.kind == "joined") join(true).catch(function () {})
      else if (phase.kind == "joining" && phase.request.sent()) phase.request = ask(true)
    },
  }
}
