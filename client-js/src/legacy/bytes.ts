// Bytes for browsers without typed arrays: there, they come as plain arrays of numbers from 0 to 255.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** In the place of Uint8Array: n zeros. */
export function zeros(n: number): number[] {
  const bytes: number[] = []
  while (bytes.length < n) bytes.push(0)
  return bytes
}

/** In the place of btoa: a string with a character for each byte to base64. */
export function toBase64(binary: string): string {
  let text = ""
  for (let i = 0; i < binary.length; i += 3) {
    const left = binary.length - i
    // What charCodeAt has no character for counts as 0.
    const bits = (binary.charCodeAt(i) << 16) | (binary.charCodeAt(i + 1) << 8) | binary.charCodeAt(i + 2)
    text +=
      alphabet.charAt(bits >> 18) +
      alphabet.charAt((bits >> 12) & 63) +
      (left > 1 ? alphabet.charAt((bits >> 6) & 63) : "=") +
      (left > 2 ? alphabet.charAt(bits & 63) : "=")
  }
  return text
}

/** In the place of atob: base64 (RFC 4648 §4) to a string with a character for each byte. */
export function fromBase64(text: string): string {
  let binary = ""
  let bits = 0
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const digit = alphabet.indexOf(text.charAt(i))
    if (digit < 0) break // the padding
    // Of the bits that were used up, none is needed any more.
    bits = ((bits << 6) | digit) & 0xffff
    count += 6
    if (count < 8) continue
    count -= 8
    binary += String.fromCharCode((bits >> count) & 0xff)
  }
  return binary
}
