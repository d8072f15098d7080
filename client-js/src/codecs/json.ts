import { hawserError } from "../errors.js"
import { flatten, isBytes, malformed, unflatten } from "../packet.js"
import { eventStream } from "../streams/eventstream.js"
import { byteLength } from "../text.js"
import type { Codec, Encoded } from "./codec.js"

function toBase64(bytes: Uint8Array): string {
  let text = ""
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return btoa(text)
}

/** Throws for what is not base64 (RFC 4648 §4). */
export function fromBase64(text: unknown): Uint8Array {
  const binary = atob(text as string)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  // atob forgives what RFC 4648 does not.
  if (toBase64(bytes) !== text) throw malformed()
  return bytes
}

/**
 * Bytes become base64, as Go's encoding/json has them; numbers that JSON does not know are refused instead of
 * becoming null.
 */
function replace(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key]
  if (isBytes(original)) return toBase64(original)
  if (typeof value == "number" && !isFinite(value)) throw 0
  return value
}

/** JSON (RFC 8259): packets as text, joined by line feeds. */
export const json: Codec = {
  name: "json",
  binary: false,
  stream: eventStream,
  encode(packet) {
    try {
      return JSON.stringify(flatten(packet), replace)
    } catch {
      throw hawserError("bad_request", "not JSON")
    }
  },
  size: (packet) => byteLength(packet as string),
  join: (packets) => packets.join("\n"),
  decode(frame: Encoded) {
    try {
      return (frame as string).split("\n").map((line) => unflatten(JSON.parse(line), fromBase64))
    } catch {
      throw malformed()
    }
  },
}
