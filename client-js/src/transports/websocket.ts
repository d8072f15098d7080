import type { Encoded } from "../codecs/codec.js"
import type { Opening, Transport, Wire } from "./transport.js"

/** Browsers connect one WebSocket per host at a time: one that hangs must not keep the others waiting. */
const CONNECT_WITHIN = 3000

function open(o: Opening): Wire {
  const socket = new o.platform.WebSocket!(o.url.replace(/^http/, "ws") + "websocket", ["hawser.v1." + o.codec.name])
  const unwait = o.platform.after(CONNECT_WITHIN, () => o.closed("timeout"))

  function send(frame: Encoded | undefined): void {
    if (frame) socket.send(frame as string | Uint8Array<ArrayBuffer>)
  }

  socket.binaryType = "arraybuffer"
  socket.onopen = function () {
    unwait()
    send(o.hello())
  }
  socket.onmessage = ({ data }) => o.frame(typeof data == "string" ? data : new Uint8Array(data as ArrayBuffer))
  socket.onclose = socket.onerror = () => o.closed("closed")

  return {
    send,
    wake() {
      let packets
      while ((packets = o.packets(false, 0))[0]) send(o.codec.join(packets))
    },
    carry: send,
    close() {
      unwait()
      socket.close()
    },
  }
}

/** One WebSocket, both ways: the best wire where it works. */
export function webSocket(): Transport {
  return {
    name: "websocket",
    rank: 3,
    delay: 0,
    acks: { packets: 256, bytes: 32768, delay: Infinity },
    available: (platform) => !!platform.WebSocket,
    open,
  }
}
