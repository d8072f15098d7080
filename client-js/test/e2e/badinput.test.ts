// What is on the line that no Hawser server said: pages of a portal, redirects, streams that end or are compressed on
// the way, answers and requests that come twice, another version. Each ends in another wire, or in an error that says
// what is wrong; nothing is lost or doubled.

import assert from "node:assert/strict"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, test } from "node:test"
import type { Client, HawserError } from "../../src/index.js"
import { converse } from "./conversation.js"
import { startLab } from "./lab.js"
import { startNetlab } from "./netlab.js"
import { flawless } from "./numbers.js"
import { automatic, connectTo, pollingOnly, type Subject, sseOnly, websocketOnly } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab()

/** Numbers go both ways, and all arrive once, in the order in which they were sent, in one session. */
async function converses(client: Client): Promise<void> {
  await client.ready
  const { session } = client
  const conversation = await converse(client, 250, 400)
  assert.deepEqual(await conversation.end(), { up: flawless, down: flawless })
  assert.equal(client.session, session)
}

interface Case {
  readonly what: string
  readonly faults: string
  readonly subject?: Subject
  /** The transport that it ends with, if only one can. */
  readonly by?: string
}

const noUpgrade = "upgrade-refused:status=403"

const cases: Case[] = [
  { what: "a portal's page for a WebSocket", faults: "captive-portal:path=websocket", by: "sse" },
  { what: "a portal's page for a stream", faults: "captive-portal:path=sse," + noUpgrade, by: "polling" },
  { what: "a gateway's error for a stream", faults: "bad-gateway:path=sse," + noUpgrade, by: "polling" },
  ...[301, 302, 307].flatMap((status): Case[] => [
    { what: `a ${status} for a WebSocket`, faults: `redirected:path=websocket:status=${status}`, by: "sse" },
    { what: `a ${status} for a stream`, faults: `redirected:path=sse:status=${status},${noUpgrade}`, by: "polling" },
  ]),
  // One frame may be longer than such a stream: then only a poll brings it.
  { what: "streams that end in the middle", faults: "stream-truncated:bytes=3000," + noUpgrade },
  { what: "a stream that is compressed", faults: "stream-gzipped," + noUpgrade, by: "polling" },
  { what: "POSTs that come twice", faults: "post-replayed:path=send", subject: sseOnly, by: "sse" },
  { what: "polls that come twice", faults: "post-replayed", subject: pollingOnly, by: "polling" },
  { what: "answers to POSTs that are given twice", faults: "answers-duplicated:path=send", subject: sseOnly, by: "sse" },
  { what: "all answers given twice", faults: "answers-duplicated", subject: pollingOnly, by: "polling" },
]

describe("another wire, and nothing lost or doubled", { concurrency: 4 }, () => {
  for (const { what, faults, subject = automatic, by } of cases) {
    test(what, { timeout: 90_000 }, async (t) => {
      const network = await startNetlab(t, lab.port, faults)
      const client = connectTo(network.url, subject)
      t.after(() => client.close())
      await converses(client)
      if (by) assert.equal(client.transport, by)
      const counts = await network.counts()
      for (const fault of faults.split(",")) assert.ok(counts[fault.split(":")[0]!]! > 0, fault + " took place")
    })
  }
})

describe("an error that says what is wrong, and a session once it is over", { concurrency: 4 }, () => {
  for (const fault of ["captive-portal", "redirected", "redirected:status=307", "bad-gateway"]) {
    for (const subject of [automatic, websocketOnly, sseOnly, pollingOnly]) {
      test(`${fault}, ${subject.name}`, { timeout: 60_000 }, async (t) => {
        const network = await startNetlab(t, lab.port, fault)
        const client = connectTo(network.url, subject)
        t.after(() => client.close())
        const errors: (HawserError | undefined)[] = []
        client.onStatus((status) => status.status == "offline" && errors.push(status.error))
        const early = client.call("echo", "early")
        await until("it says so", () => errors.length > 0)
        assert.ok(["unavailable", "protocol"].includes(errors[0]!.code), errors[0]!.code)
        assert.notEqual(errors[0]!.message, errors[0]!.code, "there is an explanation")
        await network.set("")
        assert.equal(await early, "early")
        await converses(client)
      })
    }
  }
})

describe("a server of another version", () => {
  for (const subject of [automatic, sseOnly, pollingOnly]) {
    test(subject.name + ": is not tried again", async (t) => {
      let requests = 0
      const server = createServer((request, response) => {
        requests++
        request.resume()
        response.writeHead(400, { "Content-Type": "text/plain" }).end('[8,"version","version 2 only"]')
      }).listen(0, "127.0.0.1")
      t.after(() => server.close())
      await until("it listens", () => server.listening)
      const { port } = server.address() as AddressInfo
      const client = connectTo(`http://127.0.0.1:${port}/realtime/`, subject)
      const refused = (error: HawserError): boolean => error.code == "version" && error.message == "version 2 only"
      await assert.rejects(client.ready, refused)
      assert.equal(client.status, "closed")
      await assert.rejects(client.call("echo", 1), (error: HawserError) => error.code == "not_sent")
      assert.ok(requests <= 3, String(requests))
    })
  }
})
