// A client in a bad network, at random: whatever happens, it keeps its promises. HAWSER_SEED and HAWSER_VOYAGE repeat
// one that failed, HAWSER_VOYAGES makes more of them.

import assert from "node:assert/strict"
import { test } from "node:test"
import { between, randomFor, seed } from "./e2e/random.js"
import { voyage } from "./voyage.js"

const VOYAGES = Number(process.env.HAWSER_VOYAGES ?? 500)
const only = Number(process.env.HAWSER_VOYAGE ?? 0)

test(`${VOYAGES} voyages through bad weather, seed ${seed}`, async () => {
  for (let i = 1; i <= VOYAGES; i++) {
    if (only && i != only) continue
    const random = randomFor("voyage " + i)
    const log: string[] = []
    try {
      await voyage(random, between(random, 5, 60), (line) => log.push(line))
    } catch (error) {
      assert.fail(`HAWSER_SEED=${seed} HAWSER_VOYAGE=${i}: ${(error as Error).stack}\n${log.join("\n")}`)
    }
  }
})
