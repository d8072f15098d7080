import { execFile } from "node:child_process"
import assert from "node:assert/strict"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { startLab } from "./lab.js"

const lab = await startLab()

test("rejections that nobody awaits do not end a Node process, and a closed client does not keep it", async () => {
  const program = fileURLToPath(new URL("unawaited.child.mjs", import.meta.url))
  // Rejects if the program exits with anything but 0, or has to be killed.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, lab.url], { timeout: 20_000 })
  assert.match(stdout, /^8 errors, still alive\n$/)
  assert.equal(stderr, "")
})
