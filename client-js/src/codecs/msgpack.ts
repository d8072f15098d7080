import { type Packet, flatten, isBytes, malformed, unflatten } from "../packet.js"
import { lengthPrefixed } from "../streams/lengthprefixed.js"
import type { Codec, Encoded } from "./codec.js"
import { decodeValue, inputOf } from "./msgpack-decode.js"
import { encodeValue } from "./msgpack-encode.js"

/**
 * MessagePack: frames are bytes, in which `Uint8Array`, `Date` and `bigint` travel as what they are, also inside a
 * structure. Pass it to `connect` as the option `codec`.
 */
export const msgpack: Codec = {
  name: "msgpack",
  binary: true,
  encode: (packet) => encodeValue(flatten(packet)),
  size: (packet) => packet.length,
  join,
  decode,
  stream: lengthPrefixed,
}

/** Packets delimit themselves: a frame is one after another. */
function join(packets: Encoded[]): Encoded {
  const parts = packets as Uint8Array[]
  const frame = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    frame.set(part, at)
    at += part.length
  }
  return frame
}

function decode(frame: Encoded): Packet[] {
  if (!isBytes(frame) || !frame.length) throw malformed()
  const input = inputOf(frame)
  const packets: Packet[] = []
  while (input.at < frame.length) packets.push(unflatten(decodeValue(input), asBytes))
  return packets
}

/** Marked data is bin already. */
function asBytes(data: unknown): Uint8Array {
  if (!isBytes(data)) throw malformed()
  return data
}
