import type { PageEvent, Platform, SocketConstructor } from "../platform.js"
import { after, recall, remember } from "../platforms/browser.js"
import { xhrPost } from "./xhr.js"

declare global {
  interface Window {
    /** Internet Explorer 11 has it under this name. */
    msCrypto?: Crypto
  }
}

/** Calls back on what happens to the page. Where a page cannot come back from a cache, `unload` is the end. */
function page(fn: (event: PageEvent) => void): () => void {
  const listeners: [EventTarget, string, (event: Event) => void][] = [
    [window, "online", () => fn("wake")],
    [window, "offline", () => fn("wake")],
    [document, "visibilitychange", () => document.hidden || fn("wake")],
    "onpagehide" in window
      ? [window, "pagehide", (event) => fn((event as PageTransitionEvent).persisted ? "park" : "leave")]
      : [window, "unload", () => fn("leave")],
    [window, "pageshow", (event) => (event as PageTransitionEvent).persisted && fn("return")],
  ]
  listeners.forEach((l) => l[0].addEventListener(l[1], l[2]))
  return () => listeners.forEach((l) => l[0].removeEventListener(l[1], l[2]))
}

/** Makes the clock of the wall one that only moves forward. */
function forward(): () => number {
  let last = Date.now()
  let behind = 0
  return function () {
    const now = Date.now() + behind
    if (now < last) behind += last - now
    return (last = Math.max(last, now))
  }
}

/** Browsers as old as Internet Explorer 9, on the page's own origin. */
export function legacyBrowser(): Platform {
  const crypto = window.crypto || window.msCrypto
  return {
    post: xhrPost,
    WebSocket: window.WebSocket as unknown as SocketConstructor | undefined,
    resolve: function (url) {
      const anchor = document.createElement("a")
      anchor.href = url
      return anchor.href
    },
    after,
    now: forward(),
    random: Math.random,
    secret: crypto && crypto.getRandomValues ? (n) => crypto.getRandomValues(new Uint8Array(n)) : undefined,
    page,
    hidden: () => document.hidden,
    recall,
    remember,
    log: (error) => window.console && console.error(error),
  }
}
