/** The codes of docs/protocol.md §2.5, and those that only a client knows; an application may add its own. */
export type Code =
  | "bad_request"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "timeout"
  | "canceled"
  | "internal"
  | "payload_too_large"
  | "rate_limited"
  | "unavailable"
  | "busy"
  | "version"
  | "protocol"
  | "leap"
  | "heartbeat"
  | "replaced"
  | "recycle"
  | "going_away"
  | "leaving"
  | "closed"
  | "expired"
  | "overflow"
  | "token_expired"
  /** It never left, and never will: sending it again is safe. */
  | "not_sent"
  /** It left, and the session was lost before the server said that it had it: whether it took effect is not known. */
  | "unknown_outcome"
  /**
   * Of a status: streams alone are to carry the session, and other tabs hold all that a browser should keep open. It
   * goes on when one of them is closed; with polling() or webSocket() beside sse() it would now.
   */
  | "too_many_tabs"
  | (string & {})

/** What every failure is, whether it came from the server or arose here. */
export interface HawserError extends Error {
  readonly name: "HawserError"
  readonly code: Code
  /** Milliseconds to wait before trying again, where the server advised it. */
  readonly retry?: number | undefined
  /** What the server's error carries for the application. */
  readonly data?: unknown
}

/** Makes a `HawserError`: an Error with fields, and no subclass, because those do not survive being lowered to ES5. */
export function hawserError(code: Code, message?: string, retry?: number, data?: unknown): HawserError {
  const error = new Error(message || code) as { -readonly [K in keyof HawserError]: HawserError[K] }
  error.name = "HawserError"
  error.code = code
  error.retry = retry
  error.data = data
  return error
}

/** Whether a value that was caught is a `HawserError`. */
export function isHawserError(value: unknown): value is HawserError {
  return (value as Error | undefined)?.name == "HawserError"
}

/** The error for a packet over a server's limit, in bytes. */
export function tooLarge(limit: number): HawserError {
  return hawserError("payload_too_large", "over " + limit + " bytes")
}
