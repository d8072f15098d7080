import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { polling, sse, type Transport, webSocket } from "../../src/index.js"
import { startLab } from "./lab.js"
import { between } from "./random.js"
import { stage } from "./stage.js"
import { automatic, codecs } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab()
const [COUNT, HZ] = [1500, 300]

for (const codec of codecs) {
  describe(codec.name, { concurrency: true }, () => {
    test("a WebSocket that comes late takes over from the stream in mid-stream", { timeout: 60_000 }, async (t) => {
      let open!: () => void
      const opened = new Promise<void>((resolve) => (open = resolve))
      const { client, proxy, converse, finish } = await stage(
        t,
        { lab, subject: automatic, codec, title: `upgrade: ${codec.name}` },
        () => ({
          holds: (path) => (path === "websocket" ? opened : undefined),
        }),
      )
      const conversation = await converse(COUNT, HZ)
      await conversation.advance(100)
      assert.equal(client.transport, "sse")
      open()
      await until("the WebSocket is in use", () => client.transport === "websocket")
      await conversation.advance(100)
      await finish(conversation, () => ({ faults: 1 }))
      const { websocket, sse } = proxy.counts.requests
      assert.deepEqual({ websocket, sse }, { websocket: 1, sse: 1 }, "nothing was opened again")
    })

    test("a client moves between transports by its own will in mid-stream", { timeout: 60_000 }, async (t) => {
      const title = `moves: ${codec.name}`
      const { client, proxy, random, converse, finish } = await stage(t, { lab, subject: automatic, codec, title })
      const transports: Transport[] = [webSocket(), sse(), polling()]
      const conversation = await converse(COUNT, HZ)
      const MOVES = 12
      for (let i = 0; i < MOVES; i++) {
        await conversation.advance(between(random, 10, 50))
        const others = transports.filter((transport) => transport.name !== client.transport)
        const next = others[between(random, 0, others.length - 1)]!
        client.use([next])
        await until(
          "it uses " + next.name,
          () => client.transport === next.name,
          30_000,
          () => client.transport,
        )
      }
      await finish(conversation, () => ({ faults: MOVES }))
      assert.equal(proxy.counts.cutConnections, 0)
    })
  })
}
