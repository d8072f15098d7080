import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { startLab } from "./lab.js"
import type { Cut } from "./proxy.js"
import { between } from "./random.js"
import { stage } from "./stage.js"
import { combinations } from "./subjects.js"

const lab = await startLab()

// A silent connection is noticed after seconds, during which the numbers gather.
const faults: { cut: Cut; what: string; kills: number; hz: number }[] = [
  { cut: "half-open", what: "the client's side is dead, the server's open", kills: 5, hz: 300 },
  { cut: "silent", what: "both sides stay open and silent", kills: 2, hz: 150 },
]

for (const { cut: how, what, kills, hz } of faults) {
  describe(what, { concurrency: true }, () => {
    const COUNT = 1500
    for (const { subject, codec, name } of combinations()) {
      test(name, { timeout: 120_000 }, async (t) => {
        const { proxy, random, cut, wires, converse, finish } = await stage(t, {
          lab,
          subject,
          codec,
          title: `${how}: ${name}`,
        })
        const conversation = await converse(COUNT, hz)
        for (let i = 0; i < kills; i++) {
          await conversation.advance(between(random, 20, 80))
          await cut(how)
        }
        const { counts } = proxy
        await finish(conversation, () => ({
          faults: kills,
          connections: counts.cutConnections,
          bytes: counts.cutBytesUp + counts.cutBytesDown,
        }))
        assert.ok(counts.swallowedBytes > 0, "something went into a dead connection")
        assert.ok(wires() > kills, "each cut made a new wire")
      })
    }
  })
}
