import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"

/**
 * The configuration that docs/proxies.md recommends, in the fenced block of that language, for a server at port
 * `upstream`. `values` are as for `fit`.
 */
export function recommended(language: string, upstream: number, values: { [given: string]: string }): string {
  const page = readFileSync(join(process.env.HAWSER_ROOT!, "docs/proxies.md"), "utf8")
  const blocks = [...page.matchAll(new RegExp("^```" + language + "\\n([^]*?)^```", "gm"))]
  assert.equal(blocks.length, 1, `docs/proxies.md has one block of ${language}`)
  return fit(blocks[0]![1]!, { "127.0.0.1:8080": "127.0.0.1:" + upstream, ...values })
}

/** Puts values of this machine in the place of those that a text has, each of which it has once. */
export function fit(text: string, values: { [given: string]: string }): string {
  for (const [given, wanted] of Object.entries(values)) {
    assert.equal(text.split(given).length, 2, `"${given}" once in:\n${text}`)
    text = text.replace(given, () => wanted)
  }
  return text
}
