import { hold, overHTTP, post } from "./http.js"
import type { Opening, Transport, Wire } from "./transport.js"
import { uplink } from "./uplink.js"

function open(o: Opening): Wire {
  const up = uplink(o)
  const read = o.codec.stream(o.frame)
  let abort: (() => void) | undefined

  const release = hold(o, function (held) {
    if (!held) return o.closed("too_many_tabs", "too_many_tabs")
    abort = post(
      o,
      "sse",
      o.hello(),
      function (chunk, status) {
        try {
          // A refusal is one frame by itself, unless it was made after the stream had begun.
          if (status == 200 || o.answer(chunk) < 0) read(chunk)
        } catch {
          o.closed("malformed")
        }
      },
      () => o.closed("closed"),
      true,
    )
  })

  return {
    ...up,
    carry(use) {
      if (use) up.send(use)
    },
    close() {
      release()
      abort?.()
      up.close()
    },
  }
}

/** A POST whose response stays open and streams frames down; what goes up goes by POSTs of its own. */
export function sse(): Transport {
  return overHTTP("sse", 2, 0, open)
}
