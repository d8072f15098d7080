import type { Unsubscribe } from "./emitter.js"
import { type HawserError, hawserError, isHawserError } from "./errors.js"
import { Kind, type Packet } from "./packet.js"

/** What answers the calls that the server makes. */
export interface Answers {
  /** Answers the calls to an event from now on. What `fn` throws is answered as an error. */
  handle(event: string, fn: (data: never) => unknown): Unsubscribe
  /** The server calls. Without an event, or one that nobody handles, it is told `not_found`. */
  call(id: number, event: string, data: unknown): void
  /** The server wants no answer any more. */
  cancel(id: number): void
  /** The session is lost: nobody waits for the answers. */
  reset(): void
}

/** `send` may throw what keeps an answer from being sent; all that goes wrong is reported. */
export function answers(send: (packet: Packet) => void, report: (error: unknown) => void): Answers {
  const handlers: { [event: string]: ((data: never) => unknown) | undefined } = Object.create(null)
  // The calls that wait, each with an object of its own: another session counts from 1 again.
  let calls: { [id: number]: object } = {}

  function refuse(id: number, call: object | undefined, error: HawserError): void {
    if (!call || calls[id] != call) return
    delete calls[id]
    try {
      send([Kind.Error, id, error.code, error.message, error.data])
    } catch (failure) {
      report(failure)
    }
  }

  return {
    handle(event, fn) {
      handlers[event] = fn
      return function () {
        if (handlers[event] == fn) delete handlers[event]
      }
    },
    call(id, event, data) {
      const call = (calls[id] = {})
      const handler = handlers[event]
      new Promise(function (resolve) {
        if (!handler) throw hawserError("not_found", "no handler")
        resolve(handler(data as never))
      })
        .then(function (result) {
          if (calls[id] != call) return
          send([Kind.Reply, id, result])
          delete calls[id]
        })
        .then(undefined, function (error) {
          report(error)
          // What an application's bug says is not for the other side to know.
          refuse(id, call, isHawserError(error) ? error : hawserError("internal", "handler failed"))
        })
    },
    cancel: (id) => refuse(id, calls[id], hawserError("canceled")),
    reset() {
      calls = {}
    },
  }
}
