import type { Encoded } from "../codecs/codec.js"
import type { Opening, Transport, Wire } from "./transport.js"

/** Browsers connect one WebSocket per host at a time: one that hangs must not keep the others waiting. */
const CONNECT_WITHIN = 3000

function open(o: Opening): Wire {
  const socket = new o.platform.WebSocket!(o.url.replace(/^http/, "ws") + "websocket", ["hawser.v1." + o.codec.name])
  const timer = o.platform.setTimeout(() => fail("timeout"), CONNECT_WITHIN)
  let over = false
  socket.binaryType = "arraybuffer"

  function close(): void {
    over = true
    o.platform.clearTimeout(timer)
    socket.close()
  }

  function fail(why: string): void {
    if (over) return
    close()
    o.closed(why)
  }

  function send(frame: Encoded): void {
    if (!over) socket.send(frame as string | Uint8Array<ArrayBuffer>)
  }

  function wake(): void {
    for (let packets = o.packets(false, 0); packets.length; packets = o.packets(false, 0)) send(o.codec.join(packets))
  }

  socket.onopen = function () {
    o.platform.clearTimeout(timer)
    if (!over) send(o.hello())
  }
  socket.onmessage = function (event) {
    const data = event.data
    if (!over) o.frame(typeof data == "string" ? data : new Uint8Array(data as ArrayBuffer))
  }
  socket.onclose = socket.onerror = () => fail("closed")

  return {
    send,
    wake,
    carry(use) {
      if (use) send(use)
    },
    close,
  }
}

/** One WebSocket, both ways: the best wire where it works. */
export function webSocket(): Transport {
  return {
    name: "websocket",
    rank: 3,
    delay: 0,
    acks: { packets: 64, bytes: 32768, delay: Infinity },
    available: (platform) => !!platform.WebSocket,
    open,
  }
}
