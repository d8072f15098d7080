// Builds the tests in this folder and runs them: `node test/run.mjs [part of a file's name …]`.

import { run } from "./suite.mjs"

await run(import.meta.url)
