import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { startLab } from "./lab.js"
import { between } from "./random.js"
import { stage } from "./stage.js"
import { combinations } from "./subjects.js"

const lab = await startLab()

describe("every connection cut 20 times in mid-stream", { concurrency: true }, () => {
  const [COUNT, HZ, CUTS] = [1500, 300, 20]
  for (const { subject, codec, name } of combinations()) {
    test(name, { timeout: 120_000 }, async (t) => {
      const { client, proxy, random, cut, wires, converse, finish } = await stage(t, {
        lab,
        subject,
        codec,
        title: "cut: " + name,
      })
      const conversation = await converse(COUNT, HZ)
      const used = new Set<string | undefined>()
      for (let i = 0; i < CUTS; i++) {
        await conversation.advance(between(random, 5, 40))
        used.add(client.transport)
        await cut(i % 2 ? "fin" : "reset", i % 4 < 2 ? "up" : "down")
      }
      const { counts } = proxy
      await finish(conversation, () => ({
        faults: CUTS,
        connections: counts.cutConnections,
        bytes: counts.cutBytesUp + counts.cutBytesDown,
      }))
      assert.ok(counts.cutBytesUp > 0 && counts.cutBytesDown > 0, "both ways were hit")
      assert.ok(wires() > CUTS, "each cut made a new wire")
      assert.ok(used.has(subject.transports?.[0]?.name ?? "websocket"), "it used " + [...used].join())
    })
  }
})
