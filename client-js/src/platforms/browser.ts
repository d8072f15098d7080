import type { PageEvent, Platform, Post, SocketConstructor } from "../platform.js"

export interface BrowserOptions {
  /** In the place of the platform's own, or where it has none. */
  fetch?: typeof fetch | undefined
  WebSocket?: unknown
  /** Which requests carry cookies: see `RequestInit.credentials`. "same-origin" unless given. */
  credentials?: RequestCredentials | undefined
}

/**
 * How many responses all pages of an origin hold open together: a browser has six connections per origin over
 * HTTP/1.1.
 */
const PLACES = 4
/** For how long it is remembered which transport worked: a day. */
const REMEMBER = 864e5

/** A POST by fetch. */
function poster(send: typeof fetch, credentials: RequestCredentials): Post {
  return function (request) {
    const abort = new AbortController()
    const { binary } = request
    send(request.url, {
      method: "POST",
      body: request.body as string,
      credentials,
      cache: "no-store",
      redirect: "error",
      keepalive: !!request.keepalive,
      signal: abort.signal,
    })
      .then(function (response) {
        if (!request.stream) {
          const whole: Promise<string | ArrayBuffer> = binary ? response.arrayBuffer() : response.text()
          return whole.then(function (body) {
            if (!abort.signal.aborted)
              request.data(typeof body == "string" ? body : new Uint8Array(body), response.status)
          })
        }
        const reader = response.body!.getReader()
        const text = new TextDecoder()
        return reader.read().then(function next(part): Promise<void> | undefined {
          if (part.done || abort.signal.aborted) return
          const chunk = binary ? part.value : text.decode(part.value, { stream: true })
          if (chunk.length) request.data(chunk, response.status)
          return reader.read().then(next)
        })
      })
      .then(
        () => abort.signal.aborted || request.done(false),
        () => abort.signal.aborted || request.done(true),
      )
    return () => abort.abort()
  }
}

/** Calls back on what happens to the page. */
function page(fn: (event: PageEvent) => void): () => void {
  const abort = new AbortController()
  function on(target: EventTarget, name: string, listener: (event: { persisted?: boolean }) => void): void {
    target.addEventListener(name, listener as EventListener, abort)
  }
  const wake = (): void => fn("wake")
  on(window, "online", wake)
  on(window, "offline", wake) // what is asked for then, and does not come, is missed in 2 s
  on(document, "visibilitychange", () => document.hidden || wake())
  on(window, "pagehide", (event) => fn(event.persisted ? "park" : "leave"))
  on(window, "pageshow", (event) => event.persisted && fn("return"))
  return () => abort.abort()
}

/** Takes one of the places by a lock that all pages of the origin know. */
function place(granted: (release: (() => void) | undefined) => void): void {
  function attempt(i: number): void {
    if (i == PLACES) return granted(undefined)
    navigator.locks
      .request("hawser-" + i, { ifAvailable: true }, function (lock) {
        if (!lock) return attempt(i + 1)
        return new Promise<void>((resolve) => granted(resolve))
      })
      // A page that may not have locks holds what it needs.
      .catch(() => granted(function () {}))
  }
  attempt(0)
}

/** What `remember` stored of that name, until a day later. */
export function recall(name: string): string | undefined {
  try {
    const [value, until] = localStorage["hawser:" + name].split(" ")
    return +until > Date.now() ? value : undefined
  } catch {
    return undefined
  }
}

/** Stores it for all pages of the origin. */
export function remember(name: string, value: string): void {
  try {
    localStorage["hawser:" + name] = value + " " + (Date.now() + REMEMBER)
  } catch {
    // Nothing is remembered, then.
  }
}

/** Browsers, and servers that have a fetch: Node, Deno, Bun. */
export function browser(options: BrowserOptions): Platform {
  const scope = globalThis
  const send = options.fetch || scope.fetch?.bind(scope)
  const inPage = !!scope.document
  return {
    post: send && poster(send, options.credentials || "same-origin"),
    WebSocket: (options.WebSocket || scope.WebSocket) as SocketConstructor | undefined,
    resolve: (url) => new URL(url, scope.location?.href).href,
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    now: () => performance.now(),
    random: Math.random,
    secret: scope.crypto && ((n) => crypto.getRandomValues(new Uint8Array(n))),
    page: inPage ? page : undefined,
    hidden: () => inPage && document.hidden,
    recall,
    remember,
    place: inPage && navigator.locks ? place : undefined,
    log: (error) => console.error(error),
  }
}
