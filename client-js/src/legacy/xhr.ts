import type { Post, PostRequest } from "../platform.js"
import { MAX_FRAME } from "../streams/reader.js"

/**
 * The most characters of a streamed answer, all of which an XMLHttpRequest keeps until its end: 32 Mi. The answer then
 * counts as over, and the client goes on with another. More than any frame has, so that each stream brings some.
 */
export const MAX_STREAM = 2 * MAX_FRAME

/**
 * Whether text can be read while it arrives. Internet Explorer 9 throws at the attempt; it is also the last that has no
 * progress events.
 */
export function readsWhileLoading(xhr = new XMLHttpRequest()): boolean {
  return "onprogress" in xhr
}

/** POSTs text over XMLHttpRequest. */
export const xhrPost: Post = function (request) {
  if (request.keepalive) {
    farewell(request)
    return function () {}
  }
  const xhr = new XMLHttpRequest()
  let taken = 0
  let over = false

  function finish(failed: boolean): void {
    over = true
    request.done(failed)
  }

  function take(): void {
    const text = xhr.responseText
    const chunk = text.slice(taken)
    taken = text.length
    if (chunk || !request.stream) request.data(chunk, xhr.status)
  }

  function read(): void {
    if (over) return
    const ended = xhr.readyState == 4
    // Status 0: the network failed, or the page is going.
    if (ended && !xhr.status) return finish(true)
    if (ended || (request.stream && xhr.readyState == 3 && readsWhileLoading(xhr))) take()
    // What takes the data may have aborted.
    if (over) return
    if (ended) finish(false)
    else if (taken > MAX_STREAM) {
      abort()
      finish(false)
    }
  }

  function abort(): void {
    over = true
    xhr.abort()
  }

  // Some browsers report the progress of a long answer by the one event, some by the other.
  xhr.onreadystatechange = read
  if (readsWhileLoading(xhr)) xhr.onprogress = read
  try {
    open(xhr, request, true)
  } catch (_) {
    // Refused by a policy of the page or of the machine.
    setTimeout(function () {
      if (!over) finish(true)
    }, 0)
  }
  return abort
}

function open(xhr: XMLHttpRequest, request: PostRequest, async: boolean): void {
  xhr.open("POST", request.url, async)
  xhr.setRequestHeader("Content-Type", "text/plain;charset=UTF-8")
  xhr.send(request.body as string)
}

/** Sends while the page goes: as a beacon, or else by making the page wait, which is the only other way. */
function farewell(request: PostRequest): void {
  try {
    if (navigator.sendBeacon) navigator.sendBeacon(request.url, request.body as string)
    else open(new XMLHttpRequest(), request, false)
  } catch (_) {
    // The server finds out by itself, later.
  }
}
