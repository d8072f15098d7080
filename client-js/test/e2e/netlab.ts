import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { TestContext } from "node:test"

/** A running cmd/netlab: docs/netlab.md. */
export interface Netlab {
  /** Where the sessions of the server behind it are. */
  readonly url: string
  /** Replaces the faults; "": none. */
  set(faults: string): Promise<void>
  /** How often each fault took place, by its name. */
  counts(): Promise<{ [fault: string]: number }>
}

interface Report {
  readonly counts: { [fault: string]: number }
  readonly error?: string
}

/** Starts a bad network in front of a server on that port, for the length of a test. */
export async function startNetlab(t: TestContext, port: number, faults: string): Promise<Netlab> {
  const binary = process.env.HAWSER_NETLAB
  if (!binary) throw new Error("HAWSER_NETLAB is not set: start the tests by `npm run test:e2e` or `test:browser`")
  const child = spawn(binary, ["-target", "127.0.0.1:" + port, "-fault", faults], { stdio: ["pipe", "pipe", "inherit"] })
  // The end of its input ends it, also when the tests die.
  t.after(() => child.stdin.end())
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error("the network laboratory ended")
    return value as string
  }
  async function command(order: object): Promise<Report> {
    child.stdin.write(JSON.stringify(order) + "\n")
    const report = JSON.parse(await read()) as Report
    if (report.error) throw new Error(report.error)
    return report
  }
  const address = (await read()).replace("listening on ", "")
  return {
    url: address + "/realtime/",
    set: async (faults) => void (await command({ faults })),
    counts: async () => (await command({})).counts,
  }
}
