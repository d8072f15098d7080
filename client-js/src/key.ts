import type { Platform } from "./platform.js"

/** A session's secret: 130 secure random bits as 26 characters. Undefined where there is no secure source. */
export function newKey({ secret }: Platform): string | undefined {
  return secret && [].map.call(secret(26), (n: number) => (n & 31).toString(32)).join("")
}
