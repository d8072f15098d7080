import type { Encoded } from "../codecs/codec.js"
import { HEDGE, hold, httpAcks, post } from "./http.js"
import type { Opening, Transport, Wire } from "./transport.js"
import { uplink } from "./uplink.js"

function open(o: Opening): Wire {
  const up = uplink(o)
  const read = o.codec.stream(o.frame)
  let over = false
  let stop: (() => void) | undefined

  function close(): void {
    over = true
    stop?.()
    up.close()
  }

  function fail(why: string): void {
    if (over) return
    close()
    o.closed(why)
  }

  function take(chunk: Encoded, status: number): void {
    try {
      // A refusal is one frame by itself, unless it was made after the stream had begun.
      if (status == 200 || o.answer(chunk) < 0) read(chunk)
    } catch {
      fail("malformed")
    }
  }

  function begin(release: (() => void) | undefined): void {
    if (!release) return fail("no place")
    if (over) return release()
    const abort = post(
      o,
      "sse",
      o.hello(),
      function (chunk, status) {
        if (!over) take(chunk, status)
      },
      function () {
        release()
        stop = undefined
        fail("ended")
      },
      true,
    )
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
  return { name: "sse", rank: 2, delay: 0, hedge: HEDGE, acks: httpAcks, available: (platform) => !!platform.post, open }
}
