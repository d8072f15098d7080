import type { Encoded } from "../codecs/codec.js"
import { malformed } from "../packet.js"
import { MAX_FRAME, type Reader } from "./reader.js"

/** Reads frames that each stand behind their length, 4 bytes, big endian. A length of 0 is a comment. */
export const lengthPrefixed: Reader = function (frame) {
  const head = new Uint8Array(4)
  let headed = 0 // how much of head is there
  let body = new Uint8Array(0)
  let filled = 0 // how much of body is there

  return function (chunk: Encoded) {
    const bytes = chunk as Uint8Array
    let at = 0
    while (at < bytes.length) {
      if (headed < 4) {
        head[headed++] = bytes[at++]!
        if (headed < 4) continue
        const length = new DataView(head.buffer).getUint32(0)
        if (length > MAX_FRAME) throw malformed()
        filled = 0
        body = new Uint8Array(length)
        if (!length) headed = 0
      } else {
        const part = bytes.subarray(at, at + body.length - filled)
        body.set(part, filled)
        filled += part.length
        at += part.length
        if (filled == body.length) {
          headed = 0
          frame(body)
        }
      }
    }
  }
}
