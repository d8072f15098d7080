import type { PageEvent, Platform, Post, SocketConstructor } from "../platform.js"

/** What the DOM calls RequestCredentials, which not everybody has who uses this in Node. */
type Credentials = "omit" | "same-origin" | "include"

export interface BrowserOptions {
  /** In the place of the platform's own, or where it has none. */
  fetch?: typeof fetch | undefined
  WebSocket?: unknown
  /** Which requests carry cookies: see `RequestInit.credentials`. "same-origin" unless given. */
  credentials?: Credentials | undefined
}

/**
 * How many responses all pages of an origin hold open together: a browser has six connections per origin over
 * HTTP/1.1.
 */
const PLACES = 4
/** For how long it is remembered which transport worked: a day. */
const REMEMBER = 864e5

/** A POST by fetch. */
function poster(send: typeof fetch, credentials: Credentials | undefined): Post {
  return function ({ url, body, binary, stream, keepalive, data, done }) {
    const abort = new AbortController()
    const { signal } = abort
    const end = (failed: boolean) => () => signal.aborted || done(failed)
    send(url, {
      method: "POST",
      body: body as string,
      credentials: credentials!,
      redirect: "error",
      keepalive: keepalive!,
      signal,
    })
      .then(function (response) {
        const text = new TextDecoder()
        function take(bytes: Uint8Array): void {
          const chunk = binary ? bytes : text.decode(bytes, { stream: stream! })
          if (chunk.length) data(chunk, response.status)
        }
        if (!stream) return response.arrayBuffer().then((bytes) => take(new Uint8Array(bytes)))
        const reader = response.body!.getReader()
        return reader.read().then(function next({ done, value }): unknown {
          if (done) return
          take(value)
          return reader.read().then(next)
        })
      })
      .then(end(false), end(true))
    return () => abort.abort()
  }
}

/** Calls back on what happens to the page. */
function page(fn: (event: PageEvent) => void): () => void {
  const abort = new AbortController()
  const on = (name: string, listener: (event: { persisted?: boolean }) => void, target: EventTarget = window): void =>
    target.addEventListener(name, listener as EventListener, abort)
  const wake = (): void => fn("wake")
  on("online", wake)
  on("offline", wake) // what is asked for then, and does not come, is missed in 2 s
  on("visibilitychange", () => document.hidden || wake(), document) // which Safari before 14.1 does not tell the window
  on("pagehide", ({ persisted }) => fn(persisted ? "park" : "leave"))
  on("pageshow", ({ persisted }) => persisted && fn("return"))
  return () => abort.abort()
}

/** Takes one of the places by a lock that all pages of the origin know. */
function place(granted: (release?: () => void) => void): void {
  function attempt(i: number): void {
    navigator.locks
      .request("hawser-" + i, { ifAvailable: true }, function (lock) {
        if (lock) return new Promise<void>(granted)
        return i < PLACES ? attempt(i + 1) : granted()
      })
      // A page that may not have locks holds what it needs.
      .catch(() => granted(function () {}))
  }
  attempt(1)
}

/** What `remember` stored of that name, until a day later. */
export function recall(name: string): string | undefined {
  try {
    const [value, until] = localStorage["hawser:" + name].split(" ")
    if (+until > Date.now()) return value
  } catch {
    // Nothing is known, then.
  }
  return undefined
}

/** Stores it for all pages of the origin. */
export function remember(name: string, value: string): void {
  try {
    localStorage["hawser:" + name] = value + " " + (Date.now() + REMEMBER)
  } catch {
    // Nothing is remembered, then.
  }
}

/** As `Platform.after`. A timer of more than 2^31 - 1 ms goes off at once: there is none of more than 23 days. */
export function after(ms: number, fn: () => void): () => void {
  const timer = setTimeout(fn, Math.min(ms, 2e9))
  return () => clearTimeout(timer)
}

/** Browsers, and servers that have a fetch: Node, Deno, Bun. */
export function browser(options: BrowserOptions): Platform {
  const scope = globalThis
  const send = options.fetch || scope.fetch
  const inPage = scope.document as Document | undefined
  return {
    post: send && poster(send, options.credentials),
    WebSocket: (options.WebSocket || scope.WebSocket) as SocketConstructor | undefined,
    resolve: (url) => new URL(url, scope.location?.href).href,
    after,
    now: () => performance.now(),
    random: Math.random,
    secret: scope.crypto && ((n) => crypto.getRandomValues(new Uint8Array(n))),
    page: inPage && page,
    hidden: () => inPage?.hidden,
    recall,
    remember,
    place: inPage && navigator.locks && place,
    log: console.error,
  }
}
