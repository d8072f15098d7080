// A TCP proxy that knows enough HTTP to do harm with purpose: between a client and a server, in which bytes take a
// while, connections are cut while bytes are in flight, and answers are lost on their way. All its chance comes from
// the seed.

import { type AddressInfo, createServer, connect, type Socket } from "node:net"
import { type DelayLine, delayLine } from "./delayline.js"
import { httpMessages } from "./http-messages.js"
import type { Random } from "./random.js"
import { reset } from "./reset.js"

/**
 * How a connection is cut:
 * - "reset", on both sides: RST
 * - "fin", on both sides: an orderly end, in the middle of whatever was said
 * - "half-open": the client's side is reset, the server's side stays open and swallows what the server says
 * - "silent": both sides stay open, and swallow
 */
export type Cut = "reset" | "fin" | "half-open" | "silent"

export interface Options {
  /** Where the server is, or for each connection where it is by then. */
  readonly port: number | (() => number)
  readonly random: Random
  /** How long bytes are in flight, in ms: from … to. Default 2 to 10. */
  readonly latency?: readonly [least: number, most: number]
  /**
   * Asked for each request to `path` that has reached the server: whether its answer, whole, is lost, and the client's
   * connection with it.
   */
  readonly loses?: (path: string) => boolean
  /** Whether connections on which `path` is asked for are cut before the server hears of it. */
  readonly blocks?: (path: string) => boolean
  /** Asked for each request: what to wait for before anything more goes up on its connection. */
  readonly holds?: (path: string) => Promise<void> | undefined
  /** Makes, for each connection, what changes the bytes that come down. */
  readonly tampers?: () => (chunk: Buffer) => Buffer
}

/** What happened so far. Paths are the last elements: "websocket", "sse", "poll", "send". */
export interface Counts {
  /** Requests by path. */
  readonly requests: { [path: string]: number }
  /** Answers lost by path, and the bytes of their bodies. */
  readonly lostAnswers: { [path: string]: number }
  lostAnswerBytes: number
  /** Connections that were cut, and the bytes that were in flight on them and never arrived. */
  cutConnections: number
  cutBytesUp: number
  cutBytesDown: number
  /** Bytes that went into connections that were dead on the other side. */
  swallowedBytes: number
}

export interface Proxy {
  /** Where the lab is for those who come through the proxy. */
  readonly url: string
  readonly counts: Counts
  /** Bytes that are in flight now. */
  inFlight(): { up: number; down: number }
  /** Cuts all connections that are open. */
  cut(how: Cut): void
  close(): void
}

interface Connection {
  readonly up: DelayLine
  readonly down: DelayLine
  cut(how: Cut): void
  destroy(): void
}

export async function startProxy(options: Options): Promise<Proxy> {
  const { random, latency: [least, most] = [2, 10] } = options
  const counts: Counts = {
    requests: {},
    lostAnswers: {},
    lostAnswerBytes: 0,
    cutConnections: 0,
    cutBytesUp: 0,
    cutBytesDown: 0,
    swallowedBytes: 0,
  }
  const connections = new Set<Connection>()
  const halfDead = new Set<Connection>() // cut, but open on one side at least
  const latency = (): number => least + random() * (most - least)

  function serve(client: Socket): void {
    const port = typeof options.port === "number" ? options.port : options.port()
    const server = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
    const tamper = options.tampers?.()
    let path = ""
    let gate: Promise<void> | undefined
    let losing = false
    let swallows = false

    const up = delayLine(
      latency,
      (chunk) => server.write(chunk),
      () => server.end(),
    )
    const down = delayLine(
      latency,
      (chunk) => client.write(chunk),
      () => client.end(),
    )
    const requests = httpMessages({
      head(line) {
        path = /^\w+ \S*\/([^/?\s]*)/.exec(line)?.[1] ?? ""
        counts.requests[path] = (counts.requests[path] ?? 0) + 1
        losing = options.loses?.(path) ?? false
        if (options.blocks?.(path)) destroy()
        gate = options.holds?.(path)
      },
      end() {},
    })
    const responses = httpMessages({
      head() {},
      end(bodyBytes) {
        if (!losing) return
        counts.lostAnswers[path] = (counts.lostAnswers[path] ?? 0) + 1
        counts.lostAnswerBytes += bodyBytes
        destroy()
      },
    })

    client.on("data", (chunk) => {
      if (swallows) return swallow(chunk)
      requests(chunk)
      if (client.destroyed) return
      if (gate) gate = gate.then(() => up.put(chunk))
      else up.put(chunk)
    })
    server.on("data", (chunk) => {
      if (swallows) return swallow(chunk)
      const before = losing
      responses(chunk)
      if (!before && !client.destroyed) down.put(tamper ? tamper(chunk) : chunk)
    })
    client.on("end", () => swallows || up.end())
    server.on("end", () => (swallows ? server.end() : down.end()))
    client.on("close", () => swallows || gone())
    server.on("close", gone)
    client.on("error", () => {}) // close follows
    server.on("error", () => {})

    function forget(): void {
      connections.delete(connection)
      halfDead.delete(connection)
    }

    function swallow(chunk: Buffer): void {
      counts.swallowedBytes += chunk.length
    }

    /** One side is gone for good: so is the other, once it has what is on its way. */
    function gone(): void {
      forget()
      up.stop()
      const last = down.stop()
      if (client.writable) client.end(last)
      client.destroySoon()
      server.destroy()
    }

    function destroy(): void {
      forget()
      up.stop()
      down.stop()
      reset(client)
      reset(server)
    }

    const connection: Connection = {
      up,
      down,
      destroy,
      cut(how) {
        const [risen, fallen] = [up.stop(), down.stop()]
        // A part of what is in flight still arrives, which mostly ends within a frame; where only the client is dead,
        // all of what it said.
        const someUp = how === "half-open" ? risen.length : Math.floor(random() * risen.length)
        const someDown = Math.floor(random() * fallen.length)
        if (server.writable) server.write(risen.subarray(0, someUp))
        if (client.writable) client.write(fallen.subarray(0, someDown))
        counts.cutConnections++
        counts.cutBytesUp += risen.length - someUp
        counts.cutBytesDown += fallen.length - someDown
        swallows = true
        connections.delete(connection)
        if (how === "half-open" || how === "silent") halfDead.add(connection)
        if (how === "half-open") reset(client)
        if (how === "reset") [client, server].forEach(reset)
        if (how === "fin") [client, server].forEach((side) => side.destroySoon())
      },
    }
    connections.add(connection)
  }

  const listener = createServer({ noDelay: true, allowHalfOpen: true }, serve)
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const { port } = listener.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/realtime/`,
    counts,
    inFlight() {
      let [up, down] = [0, 0]
      for (const connection of connections) {
        up += connection.up.held
        down += connection.down.held
      }
      return { up, down }
    },
    cut(how) {
      for (const connection of [...connections]) connection.cut(how)
    },
    close() {
      listener.close()
      for (const connection of [...connections, ...halfDead]) connection.destroy()
    },
  }
}
