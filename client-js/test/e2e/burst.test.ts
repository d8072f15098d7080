import { randomUUID } from "node:crypto"
import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { startLab } from "./lab.js"
import { flawless, judge } from "./numbers.js"
import { between } from "./random.js"
import { report } from "./report.js"
import { stage } from "./stage.js"
import { combinations } from "./subjects.js"

const lab = await startLab()

describe("500 sends within 100 ms arrive in order", { concurrency: true }, () => {
  const [COUNT, STEPS] = [500, 10]
  for (const cutsIn of [false, true]) {
    for (const { subject, codec, name } of combinations()) {
      test(name + (cutsIn ? ", and a cut in the middle" : ""), { timeout: 60_000 }, async (t) => {
        const title = `burst${cutsIn ? " and cut" : ""}: ${name}`
        const { client, proxy, random, cut } = await stage(t, { lab, subject, codec, title })
        const run = randomUUID()
        const cutAt = cutsIn ? between(random, 2, STEPS - 1) : 0
        const sends: Promise<void>[] = []
        await new Promise<void>((resolve) => {
          const pace = setInterval(() => {
            for (let i = 0; i < COUNT / STEPS; i++) sends.push(client.send("num", { run, n: sends.length + 1 }))
            if (sends.length === COUNT) resolve(clearInterval(pace))
            if (sends.length === (cutAt * COUNT) / STEPS) void cut("reset")
          }, 100 / STEPS)
        })
        await Promise.all(sends)
        const { list } = await client.call<{ list: number[] }>("nums", { run })
        const verdict = judge(list, COUNT)
        report(t, {
          test: title,
          faults: cutsIn ? 1 : 0,
          connections: proxy.counts.cutConnections,
          messages: COUNT,
          ...verdict,
        })
        assert.deepEqual(verdict, flawless)
        assert.deepEqual(
          list,
          Array.from({ length: COUNT }, (_, i) => i + 1),
        )
      })
    }
  }
})
