import type { Encoded } from "../codecs/codec.js"
import { type HawserError, hawserError } from "../errors.js"
import { endpoint, hold, httpAcks } from "./http.js"
import type { Opening, Transport, Wire } from "./transport.js"
import { uplink } from "./uplink.js"

function open(o: Opening): Wire {
  const up = uplink(o)
  const read = o.codec.stream(o.frame)
  let over = false
  let stop: (() => void) | undefined

  function close(): void {
    over = true
    if (stop) stop()
    up.close()
  }

  function fail(error: HawserError): void {
    if (over) return
    close()
    o.closed(error)
  }

  function take(chunk: Encoded, status: number): void {
    // A refusal is one frame by itself, unless it was made after the stream had begun.
    if (status != 200) {
      try {
        o.codec.decode(chunk)
        return o.frame(chunk)
      } catch {
        // Then it is a piece of a stream.
      }
    }
    try {
      read(chunk)
    } catch (error) {
      fail(error as HawserError)
    }
  }

  function begin(release: (() => void) | undefined): void {
    if (!release) return fail(hawserError("unavailable", "sse: too many pages hold a response"))
    if (over) return release()
    const abort = o.platform.post!({
      url: endpoint(o, "sse"),
      body: o.hello(),
      binary: o.codec.binary,
      stream: true,
      data(chunk, status) {
        if (!over) take(chunk, status)
      },
      done() {
        release()
        stop = undefined
        fail(hawserError("unavailable", "sse: the response ended"))
      },
    })
    stop = function () {
      release()
      abort()
    }
  }

  hold(o.platform, begin)

  return {
    send: up.send,
    wake: up.wake,
    carry(use) {
      if (use) up.send(use)
    },
    close,
  }
}

/** A POST whose response stays open and streams frames down; what goes up goes by POSTs of its own. */
export function sse(): Transport {
  return { name: "sse", rank: 2, delay: 0, acks: httpAcks, available: (platform) => !!platform.post, open }
}
