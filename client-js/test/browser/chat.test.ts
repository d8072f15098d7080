// The chat example, used as people use it.

import assert from "node:assert/strict"
import { after, describe, test } from "node:test"
import { type Chatter, chatter, type Force } from "./chatter.js"
import { launchChromium } from "./chromium.js"
import { startServer } from "./servers.js"

const visitor = launchChromium()
const chat = await startServer("chat", after)

let rooms = 0
/** A room for each test, so that none hears of another. */
const newRoom = (): string => `${chat.url}/#room-${++rooms}`

/** Each says `count` numbered things, at the same time. */
async function talk(topic: string, count: number, ...all: Chatter[]): Promise<void> {
  await Promise.all(
    all.map(async (each, who) => {
      for (let i = 1; i <= count; i++) await each.say(`${topic} ${who}.${i}`)
    }),
  )
}

/** Both show the same `count` messages in the same order, each once, and what each said in the order in which it was said. */
async function agree(a: Chatter, b: Chatter, count: number): Promise<void> {
  await Promise.all([a.hears(count), b.hears(count)])
  const said = await a.said()
  assert.equal(said.length, count)
  assert.equal(new Set(said).size, count, "each message once")
  assert.deepEqual(await b.said(), said, "the same order for both")
  const threads: { [who: string]: number[] } = {}
  for (const text of said) {
    const [thread, number] = text.split(".") as [string, string]
    ;(threads[thread] ??= []).push(Number(number))
  }
  for (const [thread, numbers] of Object.entries(threads)) {
    assert.deepEqual(numbers, [...numbers].sort((x, y) => x - y), thread)
  }
}

describe("two people talk", () => {
  for (const transport of ["websocket", "sse", "polling"] as const) {
    test(`by ${transport}, cut and unplugged`, async () => {
      const room = newRoom()
      const [ada, grace] = await Promise.all([chatter(visitor, room, "Ada"), chatter(visitor, room, "Grace")])
      await Promise.all([ada.force(transport), grace.force(transport)])
      const sessions = [await ada.session(), await grace.session()]
      assert.match(sessions[0]!, /^session .+/)
      assert.notEqual(sessions[0], sessions[1])

      await talk("hello", 3, ada, grace)
      await agree(ada, grace, 6)

      await Promise.all([talk("cut", 3, ada, grace), ada.cutAndBack()])
      await agree(ada, grace, 12)

      await ada.unplug()
      if (transport != "websocket") await ada.cut()
      await talk("unplugged", 4, ada, grace)
      await ada.noticesTheLoss()
      assert.deepEqual(await ada.unsent(), [1, 2, 3, 4].map((i) => "unplugged 0." + i))
      await grace.hears(16)
      assert.equal((await ada.said()).length, 12, "nothing comes through")
      await ada.plugIn()
      await agree(ada, grace, 20)

      await ada.carriedBy(transport)
      assert.deepEqual([await ada.session(), await grace.session()], sessions, "the sessions are still the same")
    })
  }

  test("one who says nothing sees it too when the network goes", async () => {
    const ada = await chatter(visitor, newRoom(), "Ada")
    await ada.force("websocket")
    const session = await ada.session()
    await ada.unplug()
    await ada.noticesTheLoss() // long before a heartbeat is missed
    await ada.plugIn()
    await ada.carriedBy("websocket")
    assert.equal(await ada.session(), session)
  })

  test("while one of them moves from transport to transport", async () => {
    const room = newRoom()
    const [ada, grace] = await Promise.all([chatter(visitor, room, "Ada"), chatter(visitor, room, "Grace")])
    await Promise.all([ada.carriedBy("websocket"), grace.carriedBy("websocket")]) // by themselves
    const session = await ada.session()
    const moves: Force[] = ["polling", "websocket", "sse", "polling", "sse", "websocket", "sse", "auto"]
    for (const [i, force] of moves.entries()) {
      await Promise.all([talk("move " + i, 3, ada, grace), ada.force(force)])
    }
    await agree(ada, grace, moves.length * 6)
    assert.equal(await ada.session(), session)
  })
})

test("who comes late sees what was said, and goes on from there", async () => {
  const room = newRoom()
  const [ada, grace] = await Promise.all([chatter(visitor, room, "Ada"), chatter(visitor, room, "Grace")])
  await talk("early", 4, ada, grace)
  await agree(ada, grace, 8)
  const mary = await chatter(visitor, room, "Mary")
  await agree(mary, ada, 8)
  await talk("late", 2, mary, ada, grace)
  await agree(mary, grace, 14)
})

test("history: what is older comes when one scrolls up", async () => {
  const room = newRoom()
  const ada = await chatter(visitor, room, "Ada")
  await talk("long ago", 80, ada)
  await ada.hears(80)
  const grace = await chatter(visitor, room, "Grace")
  await grace.hears(30)
  assert.deepEqual((await grace.said()).at(-1), "long ago 0.80")
  for (const count of [60, 80]) {
    assert((await grace.said()).length < count, "not before it is looked for")
    await grace.scrollsUp()
    await grace.hears(count)
  }
  await talk("now", 2, ada, grace)
  await agree(ada, grace, 84)
})

test("a page that is loaded again goes on where it was, and gets what was said meanwhile", async () => {
  const room = newRoom()
  const [ada, grace] = await Promise.all([chatter(visitor, room, "Ada"), chatter(visitor, room, "Grace")])
  await talk("before", 3, ada, grace)
  await agree(ada, grace, 6)
  const session = await grace.session()
  await Promise.all([grace.reload(), talk("meanwhile", 40, ada)])
  await agree(ada, grace, 46)
  assert.notEqual(await grace.session(), session)
  await grace.page.waitForSelector("#log li:has-text('nothing was missed')")
  await talk("after", 2, ada, grace)
  await agree(ada, grace, 50)
})

test("who is here, and who is typing", async () => {
  const room = newRoom()
  const ada = await chatter(visitor, room, "Ada")
  await ada.seesPeople("Ada")
  const grace = await chatter(visitor, room, "Grace")
  const mary = await chatter(visitor, room, "Mary")
  await Promise.all([
    ada.seesPeople("Ada", "Grace", "Mary"),
    grace.seesPeople("Grace", "Ada", "Mary"),
    mary.seesPeople("Mary", "Ada", "Grace"),
  ])
  await grace.types("I think")
  await ada.seesTyping("Grace is typing")
  await Promise.all([grace.types("I think so"), mary.types("So do I")])
  await Promise.all([ada.seesTyping("Grace and Mary are typing"), mary.seesTyping("Grace is typing")])
  await Promise.all([grace.types(""), mary.types("So do I!")])
  await ada.seesTyping("Mary is typing")
  await mary.enter("elsewhere")
  await Promise.all([ada.seesTyping(""), ada.seesPeople("Ada", "Grace")])

  const again = await chatter(visitor, room, "Grace")
  await ada.seesPeople("Ada", "Grace ×2") // one user with two windows
  await again.enter("alone")
  await ada.seesPeople("Ada", "Grace")
  await again.seesPeople("Grace")
})

test("a room hears nothing of another", async () => {
  const room = newRoom()
  const [ada, grace] = await Promise.all([chatter(visitor, room, "Ada"), chatter(visitor, room, "Grace")])
  await talk("here", 1, ada, grace)
  await agree(ada, grace, 2)
  await ada.enter("elsewhere")
  await ada.say("elsewhere 0.1")
  await grace.say("here 1.2")
  await Promise.all([ada.hears(1), grace.hears(3)])
  await grace.enter("elsewhere")
  await grace.say("elsewhere 1.1")
  await agree(ada, grace, 2)
  assert.deepEqual(await ada.said(), ["elsewhere 0.1", "elsewhere 1.1"])
})

test("a new name is another user, in the same room", async () => {
  const room = newRoom()
  const [ada, grace] = await Promise.all([chatter(visitor, room, "Ada"), chatter(visitor, room, "Grace")])
  const session = await ada.session()
  await talk("before", 1, ada, grace)
  await agree(ada, grace, 2)
  await ada.rename("Augusta")
  assert.notEqual(await ada.session(), session)
  await talk("after", 1, ada, grace)
  await agree(ada, grace, 4)
  const names = await grace.page.locator("#messages li:not(.mine) .from").allTextContents()
  assert.deepEqual(names, ["Ada", "Augusta"])
})

test("a server that starts anew: the page says so, and goes on", async (t) => {
  const end = t.after.bind(t)
  let server = await startServer("chat", end)
  const room = server.url + "/#lobby"
  const [ada, grace] = await Promise.all([chatter(visitor, room, "Ada"), chatter(visitor, room, "Grace")])
  const session = await ada.session()
  await talk("before", 1, ada, grace)
  await agree(ada, grace, 2)
  await server.kill()
  server = await startServer("chat", end, server.port)
  await Promise.all([ada, grace].map((each) => each.page.waitForSelector("#log li:has-text('another session')")))
  assert.notEqual(await ada.session(), session)
  await talk("after", 2, ada, grace)
  await agree(ada, grace, 4)
  const said = await ada.said()
  assert.deepEqual(said.filter((text) => !text.startsWith("after")), [], "what the server does not know any more is not shown")
})
