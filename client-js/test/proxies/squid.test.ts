import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { startLab } from "../e2e/lab.js"
import { through, tunnel } from "./forward.js"
import { arrives } from "./passage.js"
import { upgrade } from "./probe.js"
import { squid } from "./squid.js"

const lab = await startLab()
const strict = await squid()
const lenient = await squid([443, lab.port])

test("squid does not pass an upgrade on", async () => {
  assert.equal(await upgrade(strict.port, lab.url + "websocket"), 426)
})

describe("squid that makes tunnels for TLS only", () => {
  test("makes none for another port", async () => assert.equal(await tunnel(strict.port, lab.port), 403))
  test("Hawser streams", (t) => arrives(t, lab.url, "sse", through(strict.port)))
})

describe("squid that makes tunnels for the port", () => {
  test("makes one", async () => {
    const made = await tunnel(lenient.port, lab.port)
    assert.ok(typeof made === "object")
    made.destroy()
  })
  test("Hawser uses a WebSocket in it", (t) => arrives(t, lab.url, "websocket", through(lenient.port, "tunnels")))
})
