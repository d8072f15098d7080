// MessagePack to JavaScript values. Nothing in the bytes is trusted: no length, no depth, no text.

import { type HawserError, hawserError } from "../errors.js"
import { MAX_DEPTH } from "./depth.js"

// A byte order mark is a character like any other: text must come out as it went in.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** A place in a frame. */
export interface Input {
  readonly bytes: Uint8Array
  readonly view: DataView
  at: number
}

/** Opens bytes for reading. They are not copied; what is decoded from them is. */
export function inputOf(bytes: Uint8Array): Input {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
}

/**
 * Decodes the value at `input.at` and moves behind it. Integers beyond 2^53 come as bigint, timestamps as `Date` (to
 * the millisecond), bin as a `Uint8Array` of its own, maps as objects whose keys are strings or the digits of integers.
 *
 * Throws a `HawserError` with the code `protocol` for everything malformed: a value that is cut off or declares more
 * than there is, text that is not UTF-8, other keys, an extension other than the timestamp, nesting deeper than 128.
 */
export function decodeValue(input: Input): unknown {
  return readValue(input, 0)
}

/** The error for bytes that are no MessagePack. */
function malformed(why: string): HawserError {
  return hawserError("protocol", "malformed MessagePack: " + why)
}

/** Moves over n bytes and returns where they start. */
function take(input: Input, n: number): number {
  const at = input.at
  if (n > input.bytes.length - at) throw malformed("cut off at byte " + input.bytes.length)
  input.at += n
  return at
}

function readUint(input: Input, size: number): number {
  const at = take(input, size)
  return size === 1 ? input.view.getUint8(at) : size === 2 ? input.view.getUint16(at) : input.view.getUint32(at)
}

function readInt(input: Input, size: number): number {
  const at = take(input, size)
  return size === 1 ? input.view.getInt8(at) : size === 2 ? input.view.getInt16(at) : input.view.getInt32(at)
}

/** A number where a number is exact. */
function narrow(n: bigint): number | bigint {
  return Number.isSafeInteger(Number(n)) ? Number(n) : n
}

function readValue(input: Input, depth: number): unknown {
  const tag = readUint(input, 1)
  if (tag < 0x80) return tag
  if (tag < 0x90) return readMap(input, tag & 0x0f, depth)
  if (tag < 0xa0) return readArray(input, tag & 0x0f, depth)
  if (tag < 0xc0) return readString(input, tag & 0x1f)
  if (tag >= 0xe0) return tag - 0x100
  switch (tag) {
    case 0xc0:
      return null
    case 0xc2:
      return false
    case 0xc3:
      return true
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return readBytes(input, readUint(input, 1 << (tag - 0xc4)))
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return readExtension(input, readUint(input, 1 << (tag - 0xc7)))
    case 0xca:
      return input.view.getFloat32(take(input, 4))
    case 0xcb:
      return input.view.getFloat64(take(input, 8))
    case 0xcc:
    case 0xcd:
    case 0xce:
      return readUint(input, 1 << (tag - 0xcc))
    case 0xcf:
      return narrow(input.view.getBigUint64(take(input, 8)))
    case 0xd0:
    case 0xd1:
    case 0xd2:
      return readInt(input, 1 << (tag - 0xd0))
    case 0xd3:
      return narrow(input.view.getBigInt64(take(input, 8)))
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return readExtension(input, 1 << (tag - 0xd4))
    case 0xd9:
    case 0xda:
    case 0xdb:
      return readString(input, readUint(input, 1 << (tag - 0xd9)))
    case 0xdc:
    case 0xdd:
      return readArray(input, readUint(input, 2 << (tag - 0xdc)), depth)
    case 0xde:
    case 0xdf:
      return readMap(input, readUint(input, 2 << (tag - 0xde)), depth)
  }
  throw malformed("byte " + tag + " starts no value")
}

function readBytes(input: Input, n: number): Uint8Array {
  const at = take(input, n)
  return input.bytes.slice(at, at + n)
}

function readString(input: Input, n: number): string {
  const at = take(input, n)
  const short = n < 0x20 ? readShort(input.bytes, at, at + n) : undefined
  if (short !== undefined) return short
  try {
    return utf8.decode(input.bytes.subarray(at, at + n))
  } catch {
    throw malformed("text at byte " + at + " is not UTF-8")
  }
}

/** Reads a short string if it is ASCII: a call of TextDecoder costs more than this loop. */
function readShort(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = ""
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (byte > 0x7f) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}

/** Refuses what is too deep, and a count of elements that cannot follow, each of which takes a byte at least. */
function enter(input: Input, elements: number, depth: number): void {
  if (depth === MAX_DEPTH) throw malformed("nested deeper than " + MAX_DEPTH)
  if (elements > input.bytes.length - input.at) throw malformed("cut off at byte " + input.bytes.length)
}

function readArray(input: Input, n: number, depth: number): unknown[] {
  enter(input, n, depth)
  const array: unknown[] = []
  while (array.length < n) array.push(readValue(input, depth + 1))
  return array
}

function readMap(input: Input, n: number, depth: number): Record<string, unknown> {
  enter(input, n * 2, depth)
  const object: Record<string, unknown> = {}
  for (let i = 0; i < n; i++) {
    const key = readKey(input, depth + 1)
    const value = readValue(input, depth + 1)
    // As with JSON.parse, `__proto__` is a key like any other, and changes no prototype.
    if (key !== "__proto__") object[key] = value
    else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

function readKey(input: Input, depth: number): string {
  const at = input.at
  const key = readValue(input, depth)
  if (typeof key === "string") return key
  if (typeof key === "bigint" || Number.isInteger(key)) return String(key)
  throw malformed("the key at byte " + at + " is neither text nor an integer")
}

/** Reads the body of an extension: the timestamp, the only one. */
function readExtension(input: Input, n: number): Date {
  const type = readInt(input, 1)
  const at = take(input, n)
  if (type !== -1) throw malformed("extension " + type + " is not known")
  let seconds: number
  let nanos = 0
  if (n === 4) seconds = input.view.getUint32(at)
  else if (n === 8) {
    const both = input.view.getBigUint64(at)
    seconds = Number(both & 0x3ffffffffn)
    nanos = Number(both >> 34n)
  } else if (n === 12) {
    nanos = input.view.getUint32(at)
    seconds = Number(input.view.getBigInt64(at + 4))
  } else throw malformed("a timestamp has 4, 8 or 12 bytes, not " + n)
  const date = new Date(seconds * 1000 + Math.floor(nanos / 1e6))
  if (nanos > 999999999 || isNaN(date.getTime())) throw malformed("the timestamp at byte " + at + " is out of range")
  return date
}
