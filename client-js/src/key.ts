import type { Platform } from "./platform.js"

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** A session's secret: 132 secure random bits as 22 characters of base64url. Undefined where there is no secure source. */
export function newKey(platform: Platform): string | undefined {
  if (!platform.secret) return undefined
  const numbers = platform.secret(22)
  let key = ""
  for (let i = 0; i < 22; i++) key += ALPHABET.charAt(numbers[i]! & 63)
  return key
}
