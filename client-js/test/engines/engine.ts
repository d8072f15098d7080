import { existsSync } from "node:fs"
import type { Name, Plan } from "./page/voyage.js"

/** A page of a browser, whatever drives it. */
export interface Page {
  /** Evaluates an expression whose value is text: what every driver can carry. */
  evaluate(expression: string): Promise<string>
  /** Tells the browser that there is no network, or that there is one again; absent where the driver cannot. */
  setOffline?(offline: boolean): Promise<void>
  close(): Promise<void>
}

/** A browser that runs. */
export interface Browser {
  /** What it says of its own version. */
  readonly version: string
  /** Opens a page, and resolves once it has loaded. */
  open(url: string): Promise<Page>
  close(): Promise<void>
}

/** A make of browser. */
export interface Engine {
  readonly name: string
  /** Programs that it needs, by their paths, and the Debian packages which have them. */
  readonly programs: { readonly [path: string]: string }
  /** What its version and its user agent look like, and those of no other. */
  readonly version: RegExp
  readonly agent: RegExp
  /** Globals that its pages have not; none unless given. */
  readonly lacks?: readonly string[]
  /** The client's bundles that are for it, each with the codec to use. */
  readonly bundles: readonly Pick<Plan, "bundle" | "codec">[]
  /** The transports that it can use, best first. */
  readonly transports: readonly Name[]
  launch(): Promise<Browser>
}

/** Why it cannot be run here; undefined where it can. */
export function whyNot({ name, programs }: Engine): string | undefined {
  const missing = Object.keys(programs).filter((path) => !existsSync(path))
  if (missing.length === 0) return undefined
  const packages = missing.map((path) => programs[path])
  return `${name} needs ${missing.join(", ")}, of the packages ${packages.join(", ")}: run scripts/setup engines`
}
