import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Browser, Engine } from "./engine.js"
import { start } from "./program.js"

const PYTHON = "/usr/bin/python3"
const LIBRARY = "/usr/lib/python3/dist-packages/PyQt5/QtWebKitWidgets.abi3.so"

interface Answer {
  readonly version?: string
  readonly value?: string
  readonly error?: string
}

async function launch(missing: readonly string[]): Promise<Browser> {
  const driver = join(process.env.HAWSER_ENGINES!, "qtwebkit.py")
  const { process: child, failed, end } = start(PYTHON, [driver, ...missing], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, QT_QPA_PLATFORM: "offscreen", PYTHONUNBUFFERED: "1" },
  })
  const waiting: ((answer: Answer) => void)[] = []
  createInterface({ input: child.stdout! }).on("line", (line) => waiting.shift()!(JSON.parse(line)))
  const next = (): Promise<Answer> => Promise.race([new Promise<Answer>((resolve) => waiting.push(resolve)), failed])

  /** Answers come in the order of the orders. */
  async function order(what: object): Promise<string> {
    child.stdin!.write(JSON.stringify(what) + "\n")
    const { value, error } = await next()
    if (error) throw new Error(error)
    return value!
  }

  return {
    version: (await next()).version!,
    async open(url) {
      await order({ open: url })
      return {
        evaluate: (expression) => order({ evaluate: expression }),
        close: async () => void (await order({ open: "about:blank" })),
      }
    },
    close: end,
  }
}

const engine: Omit<Engine, "name" | "transports" | "launch"> = {
  programs: { [PYTHON]: "python3", [LIBRARY]: "python3-pyqt5.qtwebkit" },
  version: /^602\./,
  agent: /AppleWebKit\/602\.\d/,
  bundles: [{ bundle: "hawser.legacy.js", codec: "json" }],
}

/** A browser of 2016. */
export const qtWebKit: Engine = {
  ...engine,
  name: "QtWebKit",
  transports: ["webSocket", "sse", "polling"],
  launch: () => launch([]),
}

/** What browsers had not yet, a few years before that. */
const LATER = ["WebSocket", "EventSource", "Promise", "fetch", "Symbol", "Map", "Set", "WeakMap", "WeakSet"]

/** The same, as a browser of 2011. */
export const bareQtWebKit: Engine = {
  ...engine,
  name: "QtWebKit without what came later",
  lacks: LATER,
  transports: ["sse", "polling"],
  launch: () => launch(LATER),
}
