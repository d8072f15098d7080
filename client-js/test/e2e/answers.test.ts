import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { startLab } from "./lab.js"
import { between, type Random } from "./random.js"
import { stage } from "./stage.js"
import { automatic, combinations, pollingOnly, sseOnly, type Subject } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab()

/** Where WebSocket is blocked, so that what is sent goes by POST. */
const blocked: Subject = {
  ...automatic,
  name: "automatic without websocket",
  paths: ["sse", "websocket", "poll", "send"],
}

// What comes down acknowledges what went up, so that little has to be sent again; where nothing comes down, everything
// has.
const faults: { path: string; what: string; subjects: Subject[]; downs?: number }[] = [
  {
    path: "send",
    what: "10% of POSTs are processed and their answers lost",
    subjects: [sseOnly, pollingOnly, blocked],
  },
  { path: "send", what: "10% of POSTs, while nothing comes down", subjects: [sseOnly, pollingOnly], downs: 0 },
  { path: "poll", what: "10% of the answers to polls are lost", subjects: [pollingOnly] },
]

/** Chooses one of each ten requests to `path`. */
function oneInTen(path: string, random: Random): (asked: string) => boolean {
  let [seen, chosen] = [0, 0]
  return (asked) => {
    if (asked !== path) return false
    if (seen % 10 === 0) chosen = seen + between(random, 0, 9)
    return seen++ === chosen
  }
}

for (const { path, what, subjects, downs } of faults) {
  describe(what, { concurrency: true }, () => {
    const [COUNT, HZ, FAULTS] = [1500, 250, 10]
    for (const { subject, codec, name } of combinations(subjects)) {
      test(name, { timeout: 120_000 }, async (t) => {
        const { proxy, converse, finish } = await stage(
          t,
          { lab, subject, codec, title: `lost ${path}${downs === 0 ? ", only up" : ""}: ${name}` },
          (random) => ({
            loses: oneInTen(path, random),
            blocks: (asked) => subject === blocked && asked === "websocket",
          }),
        )
        const conversation = await converse(COUNT, HZ, downs)
        const { counts } = proxy
        const lost = (): number => counts.lostAnswers[path] ?? 0
        await until("answers were lost", () => lost() >= FAULTS, 60_000)
        await finish(conversation, () => ({
          faults: lost(),
          requests: counts.requests[path]!,
          bytes: counts.lostAnswerBytes,
        }))
        assert.ok(counts.lostAnswerBytes >= lost(), "they said something")
      })
    }
  })
}
