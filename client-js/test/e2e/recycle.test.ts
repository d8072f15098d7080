import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { startLab } from "./lab.js"
import { stage } from "./stage.js"
import { combinations, sseOnly } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab("-recycle", "4s")

describe("streams that the server ends every four seconds", { concurrency: true }, () => {
  const [COUNT, HZ, STREAMS] = [1500, 200, 4]
  for (const { subject, codec, name } of combinations([sseOnly])) {
    test(name, { timeout: 60_000 }, async (t) => {
      const title = "recycle: " + name
      const { client, proxy, converse, finish } = await stage(t, { lab, subject, codec, title })
      const seen: string[] = []
      client.onStatus(({ status }) => seen.push(status))
      const conversation = await converse(COUNT, HZ)
      const streams = (): number => proxy.counts.requests["sse"]!
      await until("it had some streams", () => streams() >= STREAMS, 30_000, streams)
      await finish(conversation, () => ({ faults: streams() - 1 }))
      assert.deepEqual([...new Set(seen)].filter((status) => status !== "online"), [], "nobody notices")
    })
  }
})
