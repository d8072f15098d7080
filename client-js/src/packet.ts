// The wire format of packets: docs/protocol.md §2.2. A packet is one array, the same shape in every codec.

import { type HawserError, hawserError } from "./errors.js"

/** What a packet is: its first element. Kinds from 32 are numbered. */
export enum Kind {
  Hello = 0,
  Welcome = 1,
  Gone = 2,
  Start = 3,
  Use = 4,
  Ack = 5,
  Ping = 6,
  Pong = 7,
  Close = 8,
  Goaway = 9,
  Volatile = 10,

  Event = 32,
  Call = 33,
  Reply = 34,
  Error = 35,
  Cancel = 36,
  Join = 37,
  Leave = 38,
  Message = 39,
  Reset = 40,
  Presence = 41,
  Left = 42,
  Auth = 43,
  End = 44,
  Publish = 45,
}

/** Kinds from this one are numbered: their packets have a place in the log of their direction. */
export const FIRST_NUMBERED = 32

/** The body of a hello: docs/protocol.md §2.3. */
export interface Hello {
  v: number
  key?: string | undefined
  sid?: string | undefined
  wire: number
  claim: number
  recv: number
  token?: string | undefined
  wait?: number | undefined
  lost?: Lost | undefined
}

/** A session that the client has lost: docs/protocol.md §10. */
export interface Lost {
  sid: string
  key: string
}

/** The body of a welcome: docs/protocol.md §2.4. */
export interface Welcome {
  sid: string
  key?: string
  recv: number
  active: boolean
  resumed: boolean
  heartbeat: number
  limits: { frame: number }
  generation: number
  accepted?: number
}

/** What a join is answered by: docs/protocol.md §9. */
export interface Admission {
  epoch?: string
  offset?: number
  recovered?: boolean
  data?: unknown
  snapshot?: unknown
}

/**
 * One packet. Decoded, all its fields are there, filled in with 0 and "". `data` is the application's value:
 * undefined where there is none, a `Uint8Array` where the payload as a whole is bytes (the mark that says so on the
 * wire appears nowhere else).
 */
export type Packet =
  | [kind: Kind.Hello, body: Hello]
  | [kind: Kind.Welcome, body: Welcome]
  | [kind: Kind.Gone, message?: string]
  | [kind: Kind.Start | Kind.Ack, n: number]
  | [kind: Kind.Ping | Kind.Pong, n: number]
  | [kind: Kind.Use, wire: number, claim: number, recv: number]
  | [kind: Kind.Close, code: string, message?: string, retry?: number]
  | [kind: Kind.End, code: string, message?: string, retry?: number, recv?: number]
  | [kind: Kind.Goaway, within: number]
  | [kind: Kind.Volatile | Kind.Event, channel: string, event: string, data: unknown]
  | [kind: Kind.Call, id: number, channel: string, event: string, timeout: number, data: unknown]
  | [kind: Kind.Reply, id: number, data: unknown]
  | [kind: Kind.Error, id: number, code: string, message: string, data?: unknown]
  | [kind: Kind.Cancel, id: number]
  | [kind: Kind.Join, id: number, channel: string, epoch: string, offset: number, data: unknown]
  | [kind: Kind.Leave, id: number, channel: string]
  | [kind: Kind.Message, channel: string, offset: number, event: string, data: unknown]
  | [kind: Kind.Reset, channel: string, epoch: string, offset: number]
  | [kind: Kind.Presence, channel: string, data: unknown]
  | [kind: Kind.Left, channel: string, code: string, message: string]
  | [kind: Kind.Auth, id: number, token: string]
  | [kind: Kind.Publish, id: number, channel: string, event: string, data: unknown]

// The fields of each kind, behind how many of them are always written: b body, n number, s string, d data, which comes
// last. There are none from 11 to 31.
const shapes = (
  "1b 1b 0s 1n 3nnn 1n 0n 0n 1ssn 0n 2ssd                      " +
  "2ssd 3nssnd 1nd 2nssd 1n 2nssnd 2ns 3snsd 3ssn 1sd 2sss 1ns 1ssnn 3nssd"
)
  .split(" ")
  .map((shape) => shape && shape.split(""))

export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

/** The array to encode: without trailing zero fields, and with the mark 1 behind data that is a `Uint8Array`. */
export function flatten(packet: Packet): unknown[] {
  const shape = shapes[packet[0]]!
  let n = shape.length - 1
  while (n > +shape[0]! && (shape[n] == "d" ? packet[n] === undefined : !packet[n])) n--
  const fields: unknown[] = packet.slice(0, n + 1)
  if (shape[n] == "d" && isBytes(packet[n])) fields.push(1)
  return fields
}

/**
 * The packet that a decoded array is. `bytes` makes bytes of data that is marked as such. Throws a `HawserError` with
 * the code `protocol` for everything that is no packet of version 1. What an array has beyond the fields of its kind
 * is ignored.
 */
export function unflatten(array: unknown, bytes: (data: unknown) => Uint8Array): Packet {
  const fields: unknown[] = Array.isArray(array) ? array : []
  const shape = isCount(fields[0]) && shapes[fields[0]]
  if (!shape || fields.length <= +shape[0]!) throw malformed()
  return shape.map(function (type, i) {
    const field = fields[i]
    if (!i) return field
    if (type == "d") {
      const mark = fields[i + 1]
      if (mark && mark !== 1) throw malformed()
      return mark ? bytes(field) : field
    }
    if (i >= fields.length) return type == "n" ? 0 : ""
    if (
      type == "n"
        ? !isCount(field)
        : type == "s"
          ? typeof field != "string"
          : (field as object)?.constructor != Object
    )
      throw malformed()
    return field
  }) as unknown as Packet
}

/** Whether a value is an integer that the protocol can count with: 0 to 2^53 - 1. */
export function isCount(n: unknown): n is number {
  return typeof n == "number" && n >= 0 && n < 2 ** 53 && n % 1 == 0
}

/** The error for bytes that are no packet. */
export function malformed(): HawserError {
  return hawserError("protocol", "malformed")
}
