import { type ChildProcess, spawn } from "node:child_process"

/** A running server. */
export interface Server {
  /** Where it is, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Ends it as a crash would. Resolves when it is gone. */
  kill(): Promise<void>
}

/** Has something done at the end: `after` of node:test for a whole file, `t.after` for one test. */
export type After = (fn: () => void | Promise<void>) => void

/** What run.mjs builds. */
export type ServerName = "chat" | "cursors" | "dashboard" | "lab" | "register"

/** Starts one of the servers that run.mjs built, by its name, on a free port or on `port`, and ends it `after`. */
export async function startServer(name: ServerName, after: After, port = 0, ...flags: string[]): Promise<Server> {
  const folder = process.env.HAWSER_SERVERS
  if (!folder) throw new Error("HAWSER_SERVERS is not set: start the tests by `npm run test:browser`")
  const child = spawn(folder + "/" + name, ["-addr", "127.0.0.1:" + port, ...flags], { stdio: ["ignore", "pipe", "pipe"] })
  const end = (): boolean => child.kill("SIGKILL")
  process.once("exit", end)
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const kill = (): Promise<void> => {
    process.removeListener("exit", end)
    end()
    return gone
  }
  after(kill)
  // What it complains of is of interest when it ends by itself: tests make it complain.
  let complaints = ""
  child.stderr.setEncoding("utf8").on("data", (chunk) => (complaints += chunk))
  child.once("exit", (code, signal) => signal || console.error(`${name} ended with ${code}: ${complaints}`))
  const url = await address(name, child)
  return { url, port: Number(new URL(url).port), kill }
}

/** The first address that a server prints. */
function address(name: string, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ""
    child.once("error", reject)
    child.once("exit", () => reject(new Error(`${name} ended: ${output}`)))
    child.stdout!.on("data", (chunk) => {
      output += chunk
      const url = /https?:\/\/[\d.]+:\d+/.exec(output)?.[0]
      if (url) resolve(url)
    })
  })
}
