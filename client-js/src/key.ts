import type { Platform } from "./platform.js"

/** A session's secret: 130 secure random bits as 26 characters. Undefined where there is no secure source. */
export function newKey({ secret }: Platform): string | undefined {
  if (!secret) return undefined
  const numbers = secret(26)
  let key = ""
  for (let i = 0; i < 26; i++) key += (numbers[i]! & 31).toString(32)
  return key
}
