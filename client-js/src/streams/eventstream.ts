import type { Encoded } from "../codecs/codec.js"
import { malformed } from "../packet.js"
import { MAX_FRAME, type Reader } from "./reader.js"

/**
 * Reads frames out of server-sent events (WHATWG HTML §9.2): the data of each event is a frame. Other fields and
 * comments are passed over. Lines may end in LF, CR LF or CR.
 */
export const eventStream: Reader = function (frame) {
  let rest = ""
  let data: string[] = []
  let size = 0

  function line(text: string): void {
    if (!text && data.length) {
      const whole = data.join("\n")
      data = []
      size = 0
      frame(whole)
    }
    if (text.slice(0, 5) == "data:") {
      text = text.slice(text.charAt(5) == " " ? 6 : 5)
      size += text.length
      data.push(text)
    }
  }

  return function (chunk: Encoded) {
    // A CR at the end of the chunk waits: the LF that belongs to it may come with the next.
    const lines = (rest + (chunk as string)).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    lines.forEach(line)
    if (rest.length + size > MAX_FRAME) throw malformed()
  }
}
