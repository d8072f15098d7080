import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Client, HawserError, Status } from "../../src/index.js"
import { startLab } from "./lab.js"
import { connectTo, type Subject, subjects, websocketOnly } from "./subjects.js"
import { until } from "./until.js"

const lab = await startLab()

/** A client, with what it says of its status. */
function known(url: string, subject: Subject, auth: () => string | Promise<string>): { client: Client; seen: Status[] } {
  const client = connectTo(url, subject, { auth })
  const seen: Status[] = []
  client.onStatus((status) => seen.push(status))
  return { client, seen }
}

describe("a token that is good for two seconds", { concurrency: true }, () => {
  for (const subject of subjects) {
    test(`is asked for again and again, and nobody notices: ${subject.name}`, { timeout: 60_000 }, async (t) => {
      let asked = 0
      const { client, seen } = known(lab.url, subject, () => (asked++, "ann~2s"))
      t.after(() => client.close())
      await client.ready
      const session = client.session
      await until("four tokens were shown", () => asked >= 4, 30_000, () => asked)
      assert.equal((await client.call<{ user: string }>("whoami")).user, "ann")
      assert.equal(client.session, session)
      assert.deepEqual(seen.filter(({ status }) => status !== "online").map(({ status }) => status), [])
    })
  }

  test("ends the session if no other comes, and the next one begins with another", { timeout: 60_000 }, async (t) => {
    const tokens = ["ann~2s"]
    let give!: (token: string) => void
    const fresh = new Promise<string>((resolve) => (give = resolve))
    const { client, seen } = known(lab.url, websocketOnly, () => tokens.pop() ?? fresh)
    t.after(() => client.close())
    await client.ready
    const session = client.session
    await until("it is over", () => seen.some(({ error }) => error?.code === "token_expired"), 30_000, () => seen)
    give("ann")
    await until("there is another session", () => client.status === "online", 30_000, () => seen)
    assert.notEqual(client.session, session)
    assert.equal(seen.at(-1)!.resumed, false)
  })
})

describe("a user who is put out", { concurrency: true }, () => {
  for (const subject of subjects) {
    test(`of a channel, then of everything: ${subject.name}`, { timeout: 60_000 }, async (t) => {
      const name = `mallory of ${subject.name}`
      const tabs = [known(lab.url, subject, () => name), known(lab.url, subject, () => name)]
      const other = connectTo(lab.url, subject, { auth: () => "ann" })
      for (const client of [other, ...tabs.map(({ client }) => client)]) t.after(() => client.close())
      const channel = `lab:${subject.name}, put out`
      const codes: string[] = []
      for (const { client } of tabs) {
        const room = client.channel(channel)
        await room.join()
        room.onStatus(({ error }) => error && codes.push(error.code))
      }
      assert.deepEqual(await other.call("revoke", { user: name, channel }), { sessions: 2 })
      await until("both tabs know", () => codes.length === 2, 10_000, () => codes)
      assert.deepEqual(codes, ["forbidden", "forbidden"])

      assert.deepEqual(await other.call("kick", { user: name }), { sessions: 2 })
      for (const { client, seen } of tabs) {
        await until("it is over", () => client.status === "closed", 10_000, () => seen)
        assert.equal(seen.at(-1)!.error!.code, "kicked")
      }
      await assert.rejects(other.call("kick", { user: "" }), (error: HawserError) => error.code === "bad_request")
      assert.equal(other.status, "online")
    })
  }
})
