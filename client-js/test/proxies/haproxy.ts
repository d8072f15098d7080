import { connect } from "node:net"
import { fit, recommended } from "./guide.js"
import { type Program, startProgram } from "./program.js"

/** What haproxy's log says of one request: how it ended, the status, the path. */
export interface Record {
  /**
   * Who ended it, and when: "sD" is the server's timeout in the middle of data, "--" an end in good order (haproxy's
   * configuration manual, §8.5).
   */
  readonly state: string
  readonly status: number
  /** The last element. */
  readonly path: string
}

export interface Haproxy extends Program {
  /** The requests that are over. */
  records(): Record[]
  /** Ends all connections to the server behind it at once, as an operator does who takes it out of service. */
  shutdown(): Promise<void>
}

async function start(sections: (port: number) => string): Promise<Haproxy> {
  const program = await startProgram({
    command: ["haproxy", "-db", "-f"],
    // Written by the test, so that it can be asked what it did, and told to cut.
    configuration: (port, folder) => `
global
    nbthread 1
    log stdout format raw local0
    stats socket unix@${folder}/admin level admin

${fit(sections(port), { "mode http": 'mode http\n    log global\n    log-format "%ts %ST %HP"' })}`,
  })
  return {
    ...program,
    records() {
      const lines = program.output().matchAll(/^(\S\S) (-?\d+) \S*\/(\S*)$/gm)
      return [...lines].map(([, state, status, path]) => ({ state: state!, status: Number(status), path: path! }))
    },
    shutdown: () => command(program.folder + "/admin", "shutdown sessions server hawser/app"),
  }
}

/** Says one line to haproxy's runtime API. An answer is a complaint. */
function command(socket: string, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = ""
    const admin = connect(socket, () => admin.end(line + "\n"))
    admin.setEncoding("utf8").on("data", (chunk) => (answer += chunk))
    admin.once("error", reject)
    admin.once("close", () => (answer.trim() ? reject(new Error(answer)) : resolve()))
  })
}

/** With the same timeout for everything that is quiet, in ms. */
export function impatientHaproxy(upstream: number, timeout: number): Promise<Haproxy> {
  return start((port) => `defaults
    mode http
    timeout connect 5s
    timeout client ${timeout}ms
    timeout server ${timeout}ms

frontend web
    bind 127.0.0.1:${port}
    default_backend hawser

backend hawser
    server app 127.0.0.1:${upstream}
`)
}

/** As docs/proxies.md recommends. */
export function recommendedHaproxy(upstream: number): Promise<Haproxy> {
  return start((port) => recommended("haproxy", upstream, { "bind :80": "bind 127.0.0.1:" + port }))
}
