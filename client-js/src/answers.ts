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

/** `send` may throw what keeps an answer from being sent. What goes wrong with a handler is reported. */
export function answers(send: (packet: Packet) => void, report: (error: unknown) => void): Answers {
  const handlers: { [event: string]: ((data: never) => unknown) | undefined } = Object.create(null)
  // The calls that wait, each with what refuses it: another session counts from 1 again.
  let calls: { [id: number]: ((error: HawserError) => void) | undefined } = {}

  return {
    handle(event, fn) {
      handlers[event] = fn
      return function () {
        if (handlers[event] == fn) delete handlers[event]
      }
    },
    call(id, event, data) {
      function answer(packet: Packet): void {
        if (calls[id] != refuse) return
        send(packet)
        delete calls[id]
      }
      function refuse(error: HawserError): void {
        answer([Kind.Error, id, error.code, error.message, error.data])
      }
      calls[id] = refuse
      new Promise(function (resolve) {
        const handler = handlers[event]
        if (!handler) throw hawserError("not_found")
        resolve(handler(data as never))
      })
        .then((result) => answer([Kind.Reply, id, result]))
        .catch(function (error) {
          report(error)
          // What an application's bug says is not for the other side to know.
          refuse(isHawserError(error) ? error : hawserError("internal"))
        })
        .catch(report)
    },
    cancel: (id) => calls[id]?.(hawserError("canceled")),
    reset() {
      calls = {}
    },
  }
}
