// Somebody in front of the chat page, who sees and does what people do there.

import type { Page } from "playwright-core"
import { untilPage, type Visitor } from "./chromium.js"
import { ONLINE } from "./status.js"

/** The buttons that choose a transport. */
export type Force = "auto" | "websocket" | "sse" | "polling"

export interface Chatter {
  readonly page: Page
  /** Says something; resolves when it is on its way, or waits. */
  say(text: string): Promise<void>
  /** What was said in the room, as the page shows it: what the server does not have yet is not in it. */
  said(): Promise<string[]>
  /** What the server does not have yet. */
  unsent(): Promise<string[]>
  /** Types, and does not send it. */
  types(text: string): Promise<void>
  /** Resolves when the page says that of who is typing; "": nobody. */
  seesTyping(text: string): Promise<void>
  /** Resolves when the page shows just these people as here, each as the list has it. */
  seesPeople(...people: string[]): Promise<void>
  /** Loads the page again. Resolves when it is online. */
  reload(): Promise<void>
  /** Scrolls to the oldest message that is shown. */
  scrollsUp(): Promise<void>
  /** Resolves when the room has that many messages, and none is unsent. */
  hears(count: number): Promise<void>
  /** What the line says: "session " and its id. */
  session(): Promise<string>
  /** Presses the button for a transport; resolves when the session is carried by it, which is WebSocket for "auto". */
  force(force: Force): Promise<void>
  /** Resolves when the page says that it is online, carried by that transport. */
  carriedBy(transport: string): Promise<void>
  /** Presses "cut". */
  cut(): Promise<void>
  /** Presses "cut"; resolves when the connection has been lost, and is back. */
  cutAndBack(): Promise<void>
  /** Unplugs the network: nothing new opens, and a WebSocket falls silent. A response that is open goes on, in Chromium, until it is cut. */
  unplug(): Promise<void>
  /** Resolves when the page has noticed that the connection is lost. */
  noticesTheLoss(): Promise<void>
  plugIn(): Promise<void>
  enter(room: string): Promise<void>
  rename(name: string): Promise<void>
  /** What happened on the line, as the page tells it, oldest first. */
  log(): Promise<string[]>
}

/** Somebody new, of that name, opens the chat at `url`. Resolves when the page says that it is online. */
export async function chatter(visitor: Visitor, url: string, name: string): Promise<Chatter> {
  const { origin } = new URL(url)
  const context = await visitor({
    storageState: { cookies: [], origins: [{ origin, localStorage: [{ name: "hawser-name", value: name }] }] },
  })
  const page = await context.newPage()
  const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents()
  const until = <A>(what: string, condition: (arg: A) => unknown, arg: A): Promise<void> =>
    untilPage(page, what, condition, arg, () => document.body.innerText)

  const carriedBy = (transport: string): Promise<void> =>
    until(
      "online by " + transport,
      ([online, transport]) =>
        document.getElementById("status")!.dataset.status == online &&
        document.querySelector(`.strand.active[data-transport=${transport}]`) != null,
      [ONLINE, transport] as const,
    )

  const online = (): Promise<void> =>
    until("online", (online) => document.getElementById("status")!.dataset.status == online, ONLINE)

  await page.goto(url)
  await online()
  return {
    page,
    carriedBy,
    // In one step: keys would go astray while the same person presses buttons.
    say: (text) =>
      page.locator("#say").evaluate((form: HTMLFormElement, text) => {
        form.querySelector("input")!.value = text
        form.requestSubmit()
      }, text),
    types: (text) => page.fill("#say [name=text]", text),
    seesTyping: (text) => until(`typing: ${text}`, (text) => document.getElementById("typing")!.textContent == text, text),
    seesPeople: (...people) =>
      until(
        "here: " + people,
        (people) => [...document.querySelectorAll("#people li")].map((item) => item.textContent).join() == people,
        people.join(),
      ),
    async reload() {
      await page.reload()
      await online()
    },
    scrollsUp: () =>
      page.locator("#messages").evaluate((list) => {
        list.scrollTop = 0
      }),
    said: () => texts("#messages li[data-offset] .text"),
    unsent: () => texts("#messages li.unsent .text"),
    hears: (count) =>
      until(
        count + " messages, none unsent",
        (count) =>
          document.querySelectorAll("#messages li[data-offset]").length >= count && !document.querySelector("#messages .unsent"),
        count,
      ),
    session: () => page.locator("#session").innerText(),
    async force(force) {
      await page.click(`[data-force=${force}]`)
      await carriedBy(force == "auto" ? "websocket" : force)
    },
    cut: () => page.click("#cut"),
    async cutAndBack() {
      const before = await page.locator("#log li").count()
      await page.click("#cut")
      await until(
        "cut, lost and back",
        (before) => {
          const log = [...document.querySelectorAll("#log li")].map((item) => item.textContent!)
          const since = log.slice(0, log.length - before).join()
          return /over .*no connection.*cut!/.test(since)
        },
        before,
      )
    },
    unplug: () => context.setOffline(true),
    noticesTheLoss: () =>
      until("not online", (online) => document.getElementById("status")!.dataset.status != online, ONLINE),
    plugIn: () => context.setOffline(false),
    async enter(room) {
      await page.fill("#newroom [name=room]", room)
      await page.press("#newroom [name=room]", "Enter")
      await until("in " + room, (room) => document.getElementById("room")!.textContent == room, room)
    },
    async rename(name) {
      await page.fill("#who [name=name]", name)
      await page.press("#who [name=name]", "Enter")
      await online()
    },
    log: async () => (await texts("#log li")).reverse(),
  }
}
