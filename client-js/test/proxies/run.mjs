// Builds examples/lab and the tests in this folder, and runs them with real proxies between client and server:
// `node test/proxies/run.mjs [part of a file's name …]`. Needs nginx, haproxy, caddy, squid and Chromium, which
// `scripts/setup system` installs.
//
// CHROMIUM is the browser, /usr/bin/chromium unless given; HAWSER_LAB is a lab that is built already.

import { buildLab, root, run } from "../suite.mjs"

await run(import.meta.url, {
  flags: ["--test-reporter=spec", "--test-concurrency=2", "--test-timeout=90000"],
  prepare: (out) => ({ HAWSER_LAB: buildLab(out), HAWSER_ROOT: root }),
})
