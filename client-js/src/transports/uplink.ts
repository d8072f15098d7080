import type { Encoded } from "../codecs/codec.js"
import { LARGE, post } from "./http.js"
import type { Opening } from "./transport.js"

/** After how many failures in a row the wire is given up. */
const ATTEMPTS = 6

/** What carries packets up for wires whose response only brings them down. */
export interface Uplink {
  send(packet: Encoded): void
  wake(): void
  close(): void
}

/**
 * Carries packets up by POST to `send`, one at a time; what gathers meanwhile goes in the next. Each begins with the
 * first packet that is not acknowledged, so one whose answer was lost is simply followed by another: the server drops
 * what it has accepted.
 */
export function uplink(o: Opening): Uplink {
  // Control packets stay until a POST that carried them was answered.
  let controls: Encoded[] = []
  let size = 0
  let failures = 0
  let busy = false
  let stop: (() => void) | undefined // what is on its way, or waits for its time

  function flush(): void {
    if (busy) return
    const packets = o.packets(true, size)
    const carried = controls.length
    const taken = size
    const hello = carried + packets.length && o.sender()
    if (!hello) return
    // A request that hangs is not ended here: what it carried makes no progress, and the whole wire is suspected.
    busy = true
    let wait: number | undefined
    const body = o.codec.join([hello].concat(controls, packets))
    stop = post(o, "send", body, (answer, status) => (wait = o.answer(answer, status)), done)

    function done(): void {
      wait ??= o.answer()
      const failed = wait < 0
      failures = failed ? failures + 1 : 0
      if (failures == ATTEMPTS) return o.closed("no answer")
      // What is large may be why there is no answer. Only volatile events are; they may be dropped.
      if (!failed || taken > LARGE) {
        controls = controls.slice(carried)
        size -= taken
      }
      const pause = failures ? o.platform.random() * 100 * 2 ** failures : wait
      if (pause) stop = o.platform.after(pause, proceed)
      else proceed()
    }
  }

  function proceed(): void {
    busy = false
    flush()
  }

  return {
    send(packet) {
      const more = o.codec.size(packet)
      // Those that are large may be dropped.
      if (size + more > o.limit()) return
      size += more
      controls.push(packet)
      flush()
    },
    wake: flush,
    close() {
      busy = true
      stop?.()
    },
  }
}
