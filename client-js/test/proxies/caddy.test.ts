import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { msgpack } from "../../src/codecs/msgpack.js"
import { json, polling, sse, webSocket } from "../../src/index.js"
import { startLab } from "../e2e/lab.js"
import { recommendedCaddy } from "./caddy.js"
import { arrives } from "./passage.js"
import { upgrade } from "./probe.js"

const lab = await startLab()
const caddy = await recommendedCaddy(lab.port)
const url = `http://127.0.0.1:${caddy.port}/realtime/`

describe("caddy as docs/proxies.md recommends", () => {
  test("lets a WebSocket pass", async () => assert.equal(await upgrade(caddy.port), 101))
  test("Hawser uses a WebSocket", (t) => arrives(t, url, "websocket"))

  for (const codec of [json, msgpack]) {
    for (const transport of [webSocket(), sse(), polling()]) {
      const options = { transports: [transport], codec }
      test(`${transport.name}, ${codec.name} works by itself`, (t) => arrives(t, url, transport.name, options))
    }
  }
})
