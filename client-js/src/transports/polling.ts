import { hold, overHTTP, post } from "./http.js"
import type { Opening, Transport, Wire } from "./transport.js"
import { uplink } from "./uplink.js"

/** For how long the server may hold a poll, in ms. */
const HOLD = 25000

function open(o: Opening): Wire {
  const up = uplink(o)
  let answered = false // the poll before this one was
  let wanted = false // there is to be another
  let reading = false
  let release: (() => void) | undefined // gives the place back
  let stop: (() => void) | undefined // ends the poll that is on its way, or waits for its time

  function end(): void {
    release?.()
    stop?.()
    stop = undefined
  }

  /** Polls when there is a place to hold one; without, it does not hold, but comes again every 1 to 3 s. */
  function poll(): void {
    wanted = false
    stop = function () {}
    release = hold(o, function (held) {
      if (held) request(HOLD)
      else stop = o.platform.after(1000 + o.platform.random() * 2000, () => request(0))
    })
  }

  function request(wait: number): void {
    let failed = true
    stop = post(
      o,
      "poll",
      o.hello(wait),
      function (frame) {
        failed = false
        reading = true
        o.frame(frame)
        reading = false
      },
      function () {
        release?.()
        stop = undefined
        // One answer that is lost on its way is no reason to give up: the next poll brings what it had.
        if (wanted || (failed && answered)) {
          answered = !failed
          poll()
        } else if (failed) o.closed("no answer")
        else answered = true
      },
    )
  }

  // The first poll is not held: its answer is the welcome that the race waits for.
  request(0)

  return {
    ...up,
    carry(use) {
      wanted = true
      if (reading) return
      // Poll now: the server is to be asked, or nothing is on its way.
      if (use) end()
      if (!stop) poll()
    },
    close() {
      end()
      up.close()
    },
  }
}

/** One request after another, each held until there is something: works wherever plain HTTP does. */
export function polling(): Transport {
  return overHTTP("polling", 1, 300, open)
}
