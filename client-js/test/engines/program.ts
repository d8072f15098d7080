import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"

/** A program that runs until it is ended, or this process is. */
export interface Program {
  readonly process: ChildProcess
  /** What it has printed to stderr, for error messages. */
  complaints(): string
  /** Rejects when it ends by itself. */
  readonly failed: Promise<never>
  end(): Promise<void>
}

/** Starts a program. Its stderr is kept; for the rest `options` are spawn's. */
export function start(command: string, args: string[], options: SpawnOptions = {}): Program {
  const { stdio = ["ignore", "ignore", "pipe"] } = options
  const child = spawn(command, args, { ...options, stdio })
  let complaints = ""
  child.stderr?.setEncoding("utf8").on("data", (chunk) => (complaints += chunk))
  const kill = (): boolean => child.kill("SIGKILL")
  process.once("exit", kill)
  const over = new Promise<void>((resolve) => {
    child.once("exit", () => resolve())
    child.once("error", () => resolve())
  })
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject)
    child.once("exit", (code, signal) => reject(new Error(`${command} ended with ${code ?? signal}: ${complaints}`)))
  })
  failed.catch(() => {}) // of interest only to those who wait
  return {
    process: child,
    complaints: () => complaints,
    failed,
    end() {
      process.removeListener("exit", kill)
      child.kill("SIGTERM")
      return over
    },
  }
}

/** A port of loopback on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}
