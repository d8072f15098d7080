// The tests of faults are only worth something if they can fail: here they do.

import assert from "node:assert/strict"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { describe, test } from "node:test"
import { converse } from "./conversation.js"
import { startLab } from "./lab.js"
import { flawless, judge } from "./numbers.js"
import { type Options, startProxy } from "./proxy.js"
import { randomFor } from "./random.js"
import { reset } from "./reset.js"
import { connectTo, sseOnly, type Subject, websocketOnly } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab()

test("the numbers show what is lost, doubled and reordered", () => {
  assert.deepEqual(judge([1, 2, 3], 3), flawless)
  assert.deepEqual(judge([1, 3], 3), { lost: 1, doubled: 0, reordered: 0 })
  assert.deepEqual(judge([1, 2, 2, 3], 3), { lost: 0, doubled: 1, reordered: 0 })
  assert.deepEqual(judge([2, 1, 3], 3), { lost: 0, doubled: 0, reordered: 1 })
  assert.deepEqual(judge([3, 3, 1], 4), { lost: 2, doubled: 1, reordered: 1 })
  assert.deepEqual(judge([], 2), { lost: 2, doubled: 0, reordered: 0 })
})

/**
 * Takes out of one direction of a WebSocket the first frame of which `wanted` is true (RFC 6455 §5.2, frames of up to
 * 64 KiB).
 */
function withoutFrame(wanted: (payload: string) => boolean): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0)
  let upgraded = false
  let dropped = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const passed: Buffer[] = []
    const pass = (n: number): void => {
      passed.push(rest.subarray(0, n))
      rest = rest.subarray(n)
    }
    if (!upgraded) {
      const end = rest.indexOf("\r\n\r\n")
      if (end < 0) return Buffer.alloc(0)
      upgraded = true
      pass(end + 4)
    }
    while (rest.length >= 4) {
      const short = rest[1]! & 0x7f
      const [head, size] = short < 126 ? [2, short] : [4, rest.readUInt16BE(2)]
      if (rest.length < head + size) break
      const drop = !dropped && wanted(rest.toString("utf8", head, head + size))
      pass(head + size)
      if (drop) passed.pop()
      dropped ||= drop
    }
    return Buffer.concat(passed)
  }
}

test("a frame that vanishes inside of a connection is seen as lost", async (t) => {
  const proxy = await startProxy({
    port: lab.port,
    random: randomFor("vanish"),
    tampers: () => withoutFrame((payload) => payload.includes('"n":50}')),
  })
  t.after(proxy.close)
  const client = connectTo(proxy.url, websocketOnly)
  t.after(() => client.close())
  const arrived: number[] = []
  client.on<{ n: number }>("tick", ({ n }) => arrived.push(n))
  await client.call("ticks", { run: "vanish", count: 100, hz: 500 })
  await until("the last tick", () => arrived.includes(100))
  const { lost, ...rest } = judge(arrived, 100)
  assert.ok(lost >= 1)
  assert.deepEqual(rest, { doubled: 0, reordered: 0 })
})

describe("a start that leaps ends the wire, and nothing is lost", () => {
  const tampers = (): NonNullable<Options["tampers"]> => {
    let leaps = 1
    return () => (chunk) => {
      const text = chunk.toString("latin1")
      if (leaps === 0 || !text.includes("[3,1]")) return chunk
      leaps--
      return Buffer.from(text.replace("[3,1]", "[3,7]"), "latin1")
    }
  }
  const wires = (subject: Subject, counts: { requests: { [path: string]: number } }): number =>
    counts.requests[subject.paths[0]!]!

  for (const subject of [websocketOnly, sseOnly]) {
    test(subject.name, async (t) => {
      const proxy = await startProxy({ port: lab.port, random: randomFor("leap"), tampers: tampers() })
      t.after(proxy.close)
      const client = connectTo(proxy.url, subject)
      t.after(() => client.close())
      const conversation = await converse(client, 200, 500)
      assert.deepEqual(await conversation.end(), { up: flawless, down: flawless })
      assert.equal(wires(subject, proxy.counts), 2)
    })
  }
})

test("a connection is reset also at the moment at which its end is said", async (t) => {
  const listener = createServer({ allowHalfOpen: true })
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  t.after(() => listener.close())
  const other = connect((listener.address() as AddressInfo).port, "127.0.0.1")
  t.after(() => other.destroy())
  const [socket] = (await once(listener, "connection")) as [Socket]
  socket.end()
  const closed = once(socket, "close")
  // The end is said in the next tick.
  await new Promise((resolve) => process.nextTick(() => process.nextTick(resolve)))
  reset(socket)
  await closed
})
