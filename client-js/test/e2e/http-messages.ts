/** What is told of the messages on one direction of an HTTP/1.1 connection. */
export interface Messages {
  /** A head is complete: its first line. */
  head(line: string): void
  /** A message is complete; its body had so many bytes. Not called for what ends with the connection. */
  end(bodyBytes: number): void
}

/**
 * Follows the messages of a connection (RFC 9112): bodies by Content-Length or in chunks. After a switch of protocols,
 * and where a body ends with the connection, it follows no more.
 */
export function httpMessages(messages: Messages): (chunk: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0)
  let step: () => boolean = head
  let body = 0
  let left = 0

  function take(n: number): Buffer {
    const taken = buffer.subarray(0, n)
    buffer = buffer.subarray(n)
    return taken
  }

  /** The next line without its end, if it is whole. */
  function line(): string | undefined {
    const end = buffer.indexOf("\r\n")
    return end < 0 ? undefined : take(end + 2).toString("latin1", 0, end)
  }

  function head(): boolean {
    const end = buffer.indexOf("\r\n\r\n")
    if (end < 0) return false
    const [first = "", ...fields] = take(end + 4)
      .toString("latin1", 0, end)
      .split("\r\n")
    const field = (name: string): string | undefined =>
      fields
        .find((f) => f.toLowerCase().startsWith(name + ":"))
        ?.slice(name.length + 1)
        .trim()
    body = 0
    left = Number(field("content-length") ?? 0)
    if (/^HTTP\/1.1 101 /.test(first) || field("upgrade") !== undefined) step = opaque
    else if (field("transfer-encoding") === "chunked") step = chunkSize
    else if (/^HTTP\/1.1 200 /.test(first) && field("content-length") === undefined) step = opaque
    else step = sized
    messages.head(first)
    return true
  }

  function sized(): boolean {
    left -= count(left)
    if (left === 0) finish()
    return left === 0
  }

  function chunkSize(): boolean {
    const size = line()
    if (size === undefined) return false
    left = parseInt(size, 16)
    step = left > 0 ? chunk : trailer
    return true
  }

  function chunk(): boolean {
    left -= count(left)
    if (left === 0) step = chunkEnd
    return left === 0
  }

  function chunkEnd(): boolean {
    if (line() === undefined) return false
    step = chunkSize
    return true
  }

  function trailer(): boolean {
    const field = line()
    if (field === "") finish()
    return field !== undefined
  }

  function opaque(): boolean {
    buffer = Buffer.alloc(0)
    return false
  }

  function count(most: number): number {
    const n = take(Math.min(most, buffer.length)).length
    body += n
    return n
  }

  function finish(): void {
    step = head
    messages.end(body)
  }

  return (chunk) => {
    buffer = buffer.length > 0 ? Buffer.concat([buffer, chunk]) : chunk
    while (step());
  }
}
