/** How many bytes a string has in UTF-8. By hand: TextEncoder is not everywhere, and would make the bytes only to count them. */
export function byteLength(text: string): number {
  let n = text.length
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 0x7f) n += c > 0x7ff ? 2 : 1
    // The two halves of a pair have four bytes together.
    if (c >= 0xd800 && c < 0xdc00) {
      const next = text.charCodeAt(i + 1)
      if (next >= 0xdc00 && next < 0xe000) n -= 2
    }
  }
  return n
}

/** Whether the protocol allows it as the name of a channel or event: 1 to 255 bytes without control characters. */
export function isName(name: string): boolean {
  return /^[^\x00-\x1f\x7f-\x9f]+$/.test(name) && byteLength(name) < 256
}
