import type { Packet } from "../packet.js"
import type { Reader } from "../streams/reader.js"

/** A packet or frame as it travels: a string for a text codec, bytes for a binary one. */
export type Encoded = string | Uint8Array

/** Turns packets into what travels and back. A codec is a value without state: one serves any number of clients. */
export interface Codec {
  /** Names the codec on the wire: `hawser.v1.` + name as WebSocket subprotocol, `codec=` + name in the query. */
  readonly name: string
  /** Whether frames are bytes, or else text. */
  readonly binary: boolean

  /**
   * Encodes one packet. `flatten` in packet.ts gives the array, which ends in the mark 1 if the payload is a
   * `Uint8Array`. Throws a `HawserError` with the code `bad_request` for a value that this codec cannot carry.
   */
  encode(packet: Packet): Encoded

  /** How many bytes an encoded packet has on the wire. */
  size(packet: Encoded): number

  /** Makes one frame of encoded packets, of which there is at least one. */
  join(packets: Encoded[]): Encoded

  /**
   * Decodes all packets of a frame: `unflatten` in packet.ts checks each array and fills in its fields. Throws a
   * `HawserError` with the code `protocol` for a frame that is empty or malformed in any part, or whose type (text,
   * bytes) is not this codec's.
   */
  decode(frame: Encoded): Packet[]

  /**
   * Reads frames out of a streamed response: `eventStream` for text codecs, `lengthPrefixed` for binary ones
   * (streams/).
   */
  readonly stream: Reader
}
