/**
 * How many bytes a string has in UTF-8. By hand: TextEncoder is not everywhere, and would make the bytes only to
 * count them.
 */
export function byteLength(text: string): number {
  let n = text.length
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    // The two halves of a surrogate pair have four bytes together; one alone is no text.
    if (c > 0x7f) n += c > 0x7ff && (c < 0xd800 || c > 0xdfff) ? 2 : 1
  }
  return n
}

/** Whether the protocol allows it as the name of a channel or event: 1 to 255 bytes without control characters. */
export function isName(name: string): boolean {
  return /^[^\x00-\x1f\x7f-\x9f]+$/.test(name) && byteLength(name) < 256
}
