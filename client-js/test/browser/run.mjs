// Builds the servers and the tests in this folder, and runs them in Chromium: `node test/browser/run.mjs [part of a file's name …]`.
//
// CHROMIUM is the browser, /usr/bin/chromium unless given.

import { goBuild, root, run } from "../suite.mjs"

await run(import.meta.url, {
  loader: { ".html": "text" },
  // Two browsers at a time: more would only take each other's time.
  flags: ["--test-reporter=spec", "--test-concurrency=2", "--test-timeout=120000"],
  prepare(out) {
    const examples = ["chat", "cursors", "dashboard", "lab"].map((name) => "./examples/" + name)
    goBuild(out + "/", ...examples, "./cmd/netlab", "./client-js/test/browser/register")
    return { HAWSER_SERVERS: out, HAWSER_NETLAB: out + "/netlab", HAWSER_ROOT: root }
  },
})
