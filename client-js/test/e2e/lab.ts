import { type ChildProcess, spawn } from "node:child_process"
import { after } from "node:test"

/** A running examples/lab. */
export interface Lab {
  readonly port: number
  /** Where its sessions are, without a proxy. */
  readonly url: string
  /** Tells it to stop, and waits until it has: it says goodbye to its clients first. */
  stop(): Promise<void>
}

/**
 * Starts a lab for all tests of a file, outside of which it must be called; it ends after them. `flags` are the lab's:
 * "-window", "2s".
 */
export async function startLab(...flags: string[]): Promise<Lab> {
  const binary = process.env.HAWSER_LAB
  if (!binary) throw new Error("HAWSER_LAB is not set: start the tests by `npm run test:e2e`")
  const lab = spawn(binary, ["-addr", "127.0.0.1:0", ...flags], { stdio: ["ignore", "pipe", "pipe"] })
  const end = (): boolean => lab.kill("SIGKILL")
  process.once("exit", end)
  after(() => {
    process.removeListener("exit", end)
    lab.removeAllListeners("exit")
    end()
  })
  const port = await listening(lab)
  return {
    port,
    url: `http://127.0.0.1:${port}/realtime/`,
    stop() {
      lab.removeAllListeners("exit")
      lab.kill("SIGTERM")
      return new Promise((resolve) => lab.once("exit", () => resolve()))
    },
  }
}

function listening(lab: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = ""
    lab.once("error", reject)
    lab.once("exit", (code) => {
      // Also when the tests are under way: they wait for nothing then.
      console.error(`the lab ended with ${code}: ${output}`)
      reject(new Error("the lab ended"))
    })
    lab.stderr!.on("data", (chunk) => (output += chunk))
    lab.stdout!.on("data", (chunk) => {
      output += chunk
      const port = /listening on http:\/\/[^:]+:(\d+)/.exec(output)?.[1]
      if (port) resolve(Number(port))
    })
  })
}
