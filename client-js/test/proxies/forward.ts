// Sends a client's requests by way of a forward proxy: each with its whole URL, or, for a WebSocket, as browsers do, in
// a tunnel.

import { Agent, type ClientRequest, request } from "node:http"
import type { Socket } from "node:net"
import { type Duplex, Readable } from "node:stream"
import { WebSocket } from "ws"
import type { Options } from "../../src/index.js"

/** What an http.Agent does for each request; not in its types. */
interface Requests {
  addRequest(request: ClientRequest, options: { host: string; port: number; [more: string]: unknown }): void
}

/** Asks the proxy for the whole URL of each request. */
function asking(proxy: number): Agent {
  const agent = new Agent()
  const direct = agent as unknown as Requests
  const add = direct.addRequest.bind(agent)
  direct.addRequest = function (request, options) {
    request.path = `http://${options.host}:${options.port}${request.path}`
    add(request, { ...options, host: "127.0.0.1", port: proxy })
  }
  return agent
}

/** Makes each of its connections in a tunnel of the proxy. */
function tunneling(proxy: number): Agent {
  return Object.assign(new Agent(), {
    createConnection({ port }: { port: number }, done: (error: Error | null, socket?: Duplex) => void) {
      tunnel(proxy, port).then((made) => {
        if (typeof made === "object") done(null, made)
        else done(new Error("no tunnel: " + made))
      }, done)
    },
  })
}

/** Has the proxy make a tunnel to a port of loopback. Resolves with it, or with the status by which it was refused. */
export function tunnel(proxy: number, port: number): Promise<Socket | number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: proxy, method: "CONNECT", path: "127.0.0.1:" + port })
    asked.once("connect", ({ statusCode }, socket: Socket) => {
      if (statusCode !== 200) socket.destroy()
      resolve(statusCode === 200 ? socket : statusCode!)
    })
    asked.once("error", reject)
    asked.end()
  })
}

/** A fetch, as much of one as the client needs. */
function fetchBy(agent: Agent): typeof fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const headers = typeof init.body === "string" ? { "Content-Type": "text/plain;charset=UTF-8" } : {}
      const asked = request(String(input), { agent, headers, method: init.method, signal: init.signal ?? undefined })
      asked.once("error", reject)
      asked.once("response", (answer) => {
        resolve(new Response(Readable.toWeb(answer) as ReadableStream, { status: answer.statusCode! }))
      })
      asked.end(init.body)
    })
}

/** The options of `connect` by which everything goes through a proxy. */
export function through(proxy: number, webSocket: "asks" | "tunnels" = "asks"): Pick<Options, "fetch" | "WebSocket"> {
  const agent = asking(proxy)
  const forWebSocket = webSocket === "asks" ? agent : tunneling(proxy)
  return {
    fetch: fetchBy(agent),
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        // Without a createConnection of its own, ws leaves it to the agent.
        super(url, protocols, { agent: forWebSocket, createConnection: undefined })
      }
    },
  }
}
