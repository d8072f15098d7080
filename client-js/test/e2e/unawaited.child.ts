// Runs as a program of its own: makes every promise of a client reject, awaits none of them, and is to end by itself
// when the client is closed.

import { automatic, connectTo } from "./subjects.js"
import { until } from "./until.js"

const errors: Error[] = []
const client = connectTo(process.argv[2]!, automatic, {}, errors)
await client.ready
void client.call("boom")
void client.call("slow", { ms: 60_000 }, { timeout: 10 })
void client.channel("locked:room").join()
void client.send("")
void client.send("num", "x".repeat(1 << 20))
client.on("tick", () => {
  throw new Error("a handler's own")
})
void client.call("ticks", { run: "unawaited", count: 1, hz: 0 })
await until(
  "all errors were reported",
  () => errors.length >= 6,
  10_000,
  () => errors.map(String),
)
await client.close()
void client.send("num", 1)
void client.call("echo")
await until(
  "those after the end too",
  () => errors.length >= 8,
  10_000,
  () => errors.map(String),
)
console.log(`${errors.length} errors, still alive`)
