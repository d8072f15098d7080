import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import { until } from "../e2e/until.js"

/** A proxy that runs, of whatever make. */
export interface Program {
  readonly port: number
  /** A folder of its own, which goes with it. */
  readonly folder: string
  /** What it has printed. */
  output(): string
  /** Ends it as a crash would, with all that it was doing, and starts it again. */
  restart(): Promise<void>
}

/** How to start one make of proxy. */
export interface Make {
  /** The program and its arguments, given the path of its configuration. */
  readonly command: readonly string[]
  /** Its configuration: to listen on `port` of loopback, to keep what it keeps in `folder`. */
  configuration(port: number, folder: string): string
}

/** Starts a proxy. It ends after the test that called this, or after all tests of the file if none did. */
export async function startProgram({ command, configuration }: Make): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-proxy-"))
  const port = await freePort()
  const file = join(folder, "configuration")
  writeFileSync(file, configuration(port, folder))
  let output = ""
  let process = run([...command, file], folder, (text) => (output += text))
  const end = async (): Promise<void> => {
    await process.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  after(end)

  const listening = (): Promise<void> =>
    until(`${command[0]} listens`, () => {
      if (process.over()) throw new Error(`${command[0]}: ${process.over()}\n${output}`)
      return accepts(port)
    }, 15_000, () => output)
  try {
    await listening()
  } catch (error) {
    await end()
    throw error
  }
  return {
    port,
    folder,
    output: () => output,
    async restart() {
      await process.kill()
      process = run([...command, file], folder, (text) => (output += text))
      await listening()
    },
  }
}

interface Running {
  /** Why it ended by itself, if it did. */
  over(): string | undefined
  /** Ends it as a crash would. Resolves when it is gone. */
  kill(): Promise<void>
}

/** All of these programs run as one process, so that nothing is left of one that was killed. */
function run([name, ...flags]: string[], cwd: string, print: (text: string) => void): Running {
  // Debian has them where only root looks. What they keep is kept in the folder.
  const { PATH } = process.env
  const env = { ...process.env, PATH: PATH + ":/usr/sbin", HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd }
  const child = spawn(name!, flags, { cwd, stdio: ["ignore", "pipe", "pipe"], env })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", print)
  let over: string | undefined
  child.once("error", (error) => (over = error.message))
  child.once("exit", (code, signal) => (over ??= `it ended with ${code ?? signal}`))
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()))
  const end = (): boolean => child.kill("SIGKILL")
  process.once("exit", end)
  return {
    over: () => over,
    kill() {
      process.removeListener("exit", end)
      end()
      return gone
    },
  }
}

/** A port on which nobody listens, out of those that the system gives to nobody by itself. */
async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 12_000)
  const free = await new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
  return free ? port : freePort()
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)))
    socket.once("error", () => resolve(false))
  })
}
