import assert from "node:assert/strict"
import { request } from "node:http"
import { describe, test } from "node:test"
import { polling, sse, webSocket } from "../../src/index.js"
import { startLab } from "../e2e/lab.js"
import { holdingNginx, narrowNginx, plainNginx, recommendedNginx } from "./nginx.js"
import { arrives, embark } from "./passage.js"
import { startStreamer, upgrade } from "./probe.js"

const lab = await startLab()
const plain = await plainNginx(lab.port)
const holding = await holdingNginx(lab.port)
const narrow = await narrowNginx(lab.port)
const good = await recommendedNginx(lab.port)

const mount = (proxy: { port: number }): string => `http://127.0.0.1:${proxy.port}/realtime/`

/** The status of a POST from a page of app.example, for which an nginx stands. `more` follows the hello. */
function fromPage(proxy: { port: number }, more = ""): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Host: "app.example", Origin: "http://app.example", "Content-Type": "text/plain" }
    const asked = request(mount(proxy) + "send?v=1&codec=json", { method: "POST", headers })
    asked.once("response", (answer) => (answer.resume(), resolve(answer.statusCode!)))
    asked.once("error", reject)
    asked.end(`[0,{"v":1,"key":"AAAAAAAAAAAAAAAAAAAAAA","sid":"none","wire":1,"claim":1,"recv":0}]${more}`)
  })
}

describe("nginx of which nothing is set", () => {
  test("does not let a WebSocket pass", async () => assert.equal(await upgrade(plain.port), 426))

  test("holds a stream back, unless the server asks it not to", async () => {
    const silent = await startStreamer()
    assert.equal(await silent.holds((await plainNginx(silent.port)).port), true)
    const asking = await startStreamer({ "X-Accel-Buffering": "no" })
    assert.equal(await asking.holds((await plainNginx(asking.port)).port), false)
  })

  test("gives the server a host that no page has", async () => assert.equal(await fromPage(plain), 403))

  test("Hawser asks, and streams", (t) => arrives(t, mount(plain), "sse"))
})

describe("nginx that holds every stream back", () => {
  test("whatever the server asks", async () => {
    const asking = await startStreamer({ "X-Accel-Buffering": "no" })
    assert.equal(await asking.holds((await holdingNginx(asking.port)).port), true)
    assert.equal(await upgrade(holding.port), 426)
  })

  test("Hawser polls", (t) => arrives(t, mount(holding), "polling"))
})

describe("nginx that takes no large bodies", () => {
  test("refuses one", async () => assert.equal(await fromPage(narrow, "x".repeat(200_000)), 413))

  for (const transport of [sse(), polling()]) {
    test(`${transport.name}: many small messages do not make one`, async (t) => {
      const { client } = await embark(t, mount(narrow), { transports: [transport] })
      const messages = Array.from({ length: 500 }, (_, n) => ({ n, pad: "x".repeat(1000) }))
      assert.deepEqual(await Promise.all(messages.map((message) => client.call("echo", message))), messages)
    })
  }
})

describe("nginx as docs/proxies.md recommends", () => {
  test("lets a WebSocket pass", async () => assert.equal(await upgrade(good.port), 101))
  test("gives the server the host of the page", async () => assert.equal(await fromPage(good), 200))
  test("Hawser uses a WebSocket", (t) => arrives(t, mount(good), "websocket"))

  for (const transport of [webSocket(), sse(), polling()]) {
    test(`${transport.name} works by itself, also for what is as large as it may be`, async (t) => {
      const { client, exchange } = await embark(t, mount(good), { transports: [transport] })
      await exchange()
      const large = "x".repeat(1_048_000)
      assert.equal(await client.call("echo", large), large)
    })
  }
})
