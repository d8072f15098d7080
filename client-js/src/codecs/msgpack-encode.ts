// JavaScript values to MessagePack. docs/protocol.md §8 says what becomes what.

import { type HawserError, hawserError } from "../errors.js"
import { MAX_DEPTH } from "./depth.js"

const utf8 = new TextEncoder()

/** Bytes that grow by doubling, so that a long value is not copied for each of its parts. */
interface Output {
  bytes: Uint8Array<ArrayBuffer>
  view: DataView
  length: number
}

/**
 * Encodes one value. Integers take their shortest form, a `Date` becomes a timestamp, an `ArrayBuffer` or a view of one
 * becomes bin, `toJSON` is honoured; what is undefined is left out of objects and is nil in arrays.
 *
 * Throws a `HawserError` with the code `bad_request` for what has no form: a bigint beyond 64 bits, an invalid date, a
 * function, a symbol, and nesting deeper than 128, circular structures among it.
 */
export function encodeValue(value: unknown): Uint8Array<ArrayBuffer> {
  const out = spare || outputOf(new Uint8Array(1024))
  // A toJSON of the application may encode something itself meanwhile.
  spare = undefined
  out.length = 0
  writeValue(out, value, 0)
  if (out.bytes.length <= KEEP) spare = out
  return out.bytes.slice(0, out.length)
}

/** The most bytes that are kept from one value to the next, because making them costs more than most values do. */
const KEEP = 16384

let spare: Output | undefined

function outputOf(bytes: Uint8Array<ArrayBuffer>): Output {
  return { bytes, view: new DataView(bytes.buffer), length: 0 }
}

/** The error for a value that has no form. */
function unfit(what: string): HawserError {
  return hawserError("bad_request", what)
}

/** Makes room for n bytes and returns where they start. */
function reserve(out: Output, n: number): number {
  const at = out.length
  out.length += n
  if (out.length > out.bytes.length) {
    const grown = new Uint8Array(Math.max(out.length, out.bytes.length * 2))
    grown.set(out.bytes)
    out.bytes = grown
    out.view = new DataView(grown.buffer)
  }
  return at
}

/** Writes n, big endian, in 1, 2, 4 or 8 bytes; a negative one as its two's complement. */
function writeInt(out: Output, size: number, n: number | bigint): void {
  const at = reserve(out, size)
  if (size === 1) out.view.setUint8(at, Number(n))
  else if (size === 2) out.view.setUint16(at, Number(n))
  else if (size === 4) out.view.setUint32(at, Number(n))
  else out.view.setBigUint64(at, BigInt.asUintN(64, BigInt(n)))
}

/** Writes a tag and the number that follows it. */
function writeHead(out: Output, tag: number, size: number, n: number | bigint): void {
  writeInt(out, 1, tag)
  writeInt(out, size, n)
}

/** Writes a count or unsigned integer in the shortest of three forms, whose tags stand in a row. */
function writeCount(out: Output, tag8: number, n: number): void {
  if (n <= 0xff) writeHead(out, tag8, 1, n)
  else if (n <= 0xffff) writeHead(out, tag8 + 1, 2, n)
  else writeHead(out, tag8 + 2, 4, n)
}

function writeRaw(out: Output, bytes: Uint8Array): void {
  const at = reserve(out, bytes.length)
  out.bytes.set(bytes, at)
}

function writeValue(out: Output, value: unknown, depth: number): void {
  if (value === null || value === undefined) writeInt(out, 1, 0xc0)
  else if (typeof value === "boolean") writeInt(out, 1, value ? 0xc3 : 0xc2)
  else if (typeof value === "number") writeNumber(out, value)
  else if (typeof value === "bigint") writeBigint(out, value)
  else if (typeof value === "string") writeString(out, value)
  else if (typeof value === "object") writeObject(out, value, depth)
  else throw unfit("a " + typeof value + " cannot be sent")
}

function writeNumber(out: Output, n: number): void {
  // -0 is an integer to JavaScript, but only a float keeps its sign.
  if (Number.isSafeInteger(n) && !Object.is(n, -0)) return writeInteger(out, n)
  writeInt(out, 1, 0xcb)
  const at = reserve(out, 8)
  out.view.setFloat64(at, n)
}

function writeInteger(out: Output, n: number): void {
  if (n >= -0x20 && n <= 0x7f) writeInt(out, 1, n)
  else if (n > 0xffffffff) writeHead(out, 0xcf, 8, n)
  else if (n > 0) writeCount(out, 0xcc, n)
  else if (n >= -0x80) writeHead(out, 0xd0, 1, n)
  else if (n >= -0x8000) writeHead(out, 0xd1, 2, n)
  else if (n >= -0x80000000) writeHead(out, 0xd2, 4, n)
  else writeHead(out, 0xd3, 8, n)
}

function writeBigint(out: Output, n: bigint): void {
  if (Number.isSafeInteger(Number(n))) writeInteger(out, Number(n))
  else if (BigInt.asUintN(64, n) === n) writeHead(out, 0xcf, 8, n)
  else if (BigInt.asIntN(64, n) === n) writeHead(out, 0xd3, 8, n)
  else throw unfit("a bigint beyond 64 bits cannot be sent: make it a string")
}

function writeString(out: Output, s: string): void {
  if (s.length < 0x20 && writeShort(out, s)) return
  const bytes = utf8.encode(s)
  if (bytes.length < 0x20) writeInt(out, 1, 0xa0 | bytes.length)
  else writeCount(out, 0xd9, bytes.length)
  writeRaw(out, bytes)
}

/** Writes a short string if it is ASCII, as names mostly are: a call of TextEncoder costs more than this loop. */
function writeShort(out: Output, s: string): boolean {
  const at = reserve(out, 1 + s.length)
  out.bytes[at] = 0xa0 | s.length
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i)
    if (c > 0x7f) {
      out.length = at
      return false
    }
    out.bytes[at + 1 + i] = c
  }
  return true
}

function writeObject(out: Output, value: object, depth: number): void {
  if (value instanceof Date) return writeDate(out, value)
  if (value instanceof ArrayBuffer) return writeBytes(out, new Uint8Array(value))
  if (ArrayBuffer.isView(value)) {
    return writeBytes(out, new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
  if (depth === MAX_DEPTH) throw unfit("nested deeper than " + MAX_DEPTH + ", or circular")
  if (Array.isArray(value)) {
    writeLength(out, 0x90, value.length, 0xdc)
    for (let i = 0; i < value.length; i++) writeValue(out, value[i], depth + 1)
  } else if ("toJSON" in value && typeof value.toJSON === "function") {
    writeValue(out, value.toJSON(), depth + 1)
  } else {
    const fields = Object.entries(value).filter((field) => field[1] !== undefined)
    writeLength(out, 0x80, fields.length, 0xde)
    for (const [key, field] of fields) {
      writeString(out, key)
      writeValue(out, field, depth + 1)
    }
  }
}

/** Writes the head of an array or a map: up to 15 elements inside the tag itself. */
function writeLength(out: Output, fixed: number, n: number, tag16: number): void {
  if (n < 0x10) writeInt(out, 1, fixed | n)
  else if (n <= 0xffff) writeHead(out, tag16, 2, n)
  else writeHead(out, tag16 + 1, 4, n)
}

function writeBytes(out: Output, bytes: Uint8Array): void {
  writeCount(out, 0xc4, bytes.length)
  writeRaw(out, bytes)
}

/** Writes extension -1 in the shortest of its forms of 4, 8 and 12 bytes. */
function writeDate(out: Output, date: Date): void {
  const millis = date.getTime()
  if (millis !== millis) throw unfit("an invalid date cannot be sent")
  const seconds = Math.floor(millis / 1000)
  const nanos = (millis - seconds * 1000) * 1e6
  if (seconds < 0 || seconds >= 2 ** 34) {
    writeHead(out, 0xc7, 2, 0x0cff)
    writeInt(out, 4, nanos)
    writeInt(out, 8, seconds)
  } else if (nanos > 0 || seconds > 0xffffffff) {
    writeHead(out, 0xd7, 1, 0xff)
    writeInt(out, 8, (BigInt(nanos) << 34n) | BigInt(seconds))
  } else {
    writeHead(out, 0xd6, 1, 0xff)
    writeInt(out, 4, seconds)
  }
}
