import { type Code, type HawserError, hawserError } from "./errors.js"
import type { Kind, Packet } from "./packet.js"
import type { Platform } from "./platform.js"
import type { Entry, Place } from "./session.js"

/** A request that waits for its answer. */
interface Pending {
  done: Done
  /** Whether the server has it. */
  reached?: boolean
}

/** A packet that is answered. */
export type Question = Extract<Packet, [Kind.Call | Kind.Join | Kind.Leave | Kind.Auth | Kind.Publish, ...unknown[]]>

/** Takes the answer of a request, once. */
export type Done = (error?: HawserError, data?: unknown) => void

/** How a call may end before its answer. */
export interface CallOptions {
  /**
   * After how many milliseconds to give up, the wait for a connection included. 30 s unless given; 0: never. More than
   * 23 days are 23 days.
   */
  timeout?: number | undefined
  /** Cancels the call: on the server too, if it was sent. */
  signal?: AbortSignal | undefined
}

/** The requests that wait for an answer: calls, publications, joins, leaves, tokens. */
export interface Requests {
  /** Sends a packet, whose id is given here. Throws what keeps it from being sent. */
  ask(packet: Question, done: Done, place?: Place): Request
  /** The answer to a request came. One that nobody waits for is dropped. */
  answer(id: number, error: HawserError | undefined, data?: unknown): void
  /** The session is lost: what it had accepted, and not answered, ends with the error. */
  reset(error: HawserError): void
}

export interface Request {
  readonly id: number
  /** Its packet, which has a number once it was written to a wire. */
  readonly entry: Entry
  /** Ends it with an error. Whether it was taken out of the log, so that the server never hears of it. */
  end(error: HawserError): boolean | undefined
}

export function requests(
  send: (packet: Packet, settle: Entry["settle"], place?: Place) => Entry,
  drop: (entry: Entry) => boolean,
): Requests {
  let lastID = 0
  const pending: { [id: number]: Pending } = {}

  function finish(id: number, error: HawserError | undefined, data?: unknown): void {
    const request = pending[id]
    if (!request) return
    delete pending[id]
    request.done(error, data)
  }

  return {
    ask(packet, done, place) {
      const id = (packet[1] = ++lastID)
      const request: Pending = { done }
      // A packet that reached the server still waits for its answer; one that cannot reach it any more has its answer
      // here.
      const entry = send(
        packet,
        function (error) {
          if (error) finish(id, error)
          else request.reached = true
        },
        place,
      )
      pending[id] = request
      return {
        id,
        entry,
        end(error) {
          const dropped = pending[id] && drop(entry)
          finish(id, error)
          return dropped
        },
      }
    },
    answer: finish,
    reset(error) {
      for (const id in pending) if (pending[id]?.reached) finish(+id, error)
    },
  }
}

/**
 * Ends a request when its time is over or its signal says so, with `cancel` where the server knows of it. Returns
 * what stops the watching, which is to be called when the request is done.
 */
export function limitRequest(
  platform: Platform,
  request: Request,
  timeout: number,
  signal: AbortSignal | undefined,
  cancel: () => void,
): () => void {
  const end =
    (code: Code): (() => void) =>
    () =>
      request.end(hawserError(code)) || cancel()
  const aborted = end("canceled")
  const unwait = timeout && platform.after(timeout, end("timeout"))
  signal?.addEventListener("abort", aborted)
  return function () {
    if (unwait) unwait()
    signal?.removeEventListener("abort", aborted)
  }
}
