// Finds out what a proxy does, without a Hawser client: a test that says how Hawser gets around a fault shows that the
// fault is there.

import { randomBytes } from "node:crypto"
import { createServer, get, request } from "node:http"
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { after } from "node:test"

/** Asks for a WebSocket of a lab, and returns the status of the answer. `path` may be a whole URL, for squid. */
export function upgrade(port: number, path = "/realtime/websocket"): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: "127.0.0.1",
      port,
      path,
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
        "Sec-WebSocket-Protocol": "hawser.v1.json",
      },
    })
    asked.once("upgrade", ({ statusCode }, socket) => (socket.destroy(), resolve(statusCode!)))
    asked.once("response", (answer) => (answer.destroy(), resolve(answer.statusCode!)))
    asked.once("error", reject)
    asked.end()
  })
}

/** A server whose "/stream" sends one event and then waits. Everything else it answers at once. */
export interface Streamer {
  readonly port: number
  /**
   * Asks for the stream by way of a proxy. False if the event comes before the end of ten exchanges with the same
   * proxy, one after another, that began after the event had been sent. The proxy must handle things in the order in
   * which they come: as one thread.
   */
  holds(proxy: number): Promise<boolean>
}

/**
 * Ends after the test that called this, or after all tests of the file if none did. `headers` are those of the stream,
 * beside its type; it comes in chunks, or else ends with its connection.
 */
export async function startStreamer(headers: OutgoingHttpHeaders = {}, chunked = true): Promise<Streamer> {
  let streaming!: (stream: ServerResponse) => void
  const server = createServer((asked, answer) => {
    if (asked.url === "/stream") {
      if (!chunked) answer.removeHeader("Transfer-Encoding")
      answer.writeHead(200, { "Content-Type": "text/event-stream", ...headers })
      answer.write("data: first\n\n", () => streaming(answer))
    } else answer.end("at once")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  return {
    port: (server.address() as AddressInfo).port,
    async holds(proxy) {
      const asked = new Promise<ServerResponse>((resolve) => (streaming = resolve))
      let event = ""
      const whole = ask(proxy, "/stream").then(async (answer) => {
        for await (const chunk of answer) event += chunk
      })
      const stream = await asked
      for (let i = 0; i < 10; i++) for await (const _ of await ask(proxy, "/")) continue
      const held = event === ""
      stream.end()
      await whole
      if (event !== "data: first\n\n") throw new Error("the stream was " + event)
      return held
    },
  }
}

function ask(port: number, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, resolve).once("error", reject)
  })
}
