// Two windows of the chat that talk, one by WebSocket, the other forced to polling, with the connection cut in between.

import { LIGHT, LOOKS } from "./desk.mjs"

/** What somebody in front of the page does. */
const chatter = (page) => ({
  page,
  async says(text) {
    await page.fill("#say [name=text]", text)
    await page.press("#say [name=text]", "Enter")
    await this.hears(text)
  },
  hears: (text) => page.locator("#messages li[data-offset]", { hasText: text }).waitFor(),
  types: (text) => page.fill("#say [name=text]", text),
  async cuts() {
    const before = await page.locator("#log li").count()
    await page.click("#cut")
    await page.waitForFunction((before) => document.querySelectorAll("#log li").length >= before + 3, before)
  },
  async forces(transport) {
    await page.click(`[data-force=${transport}]`)
    await page.waitForFunction((transport) => window.client.transport === transport, transport)
    await page.mouse.move(0, 0)
  },
})

export async function chat({ open, hang, look, looks }) {
  const join = async (who, how) => chatter(await open(who, how, "/#harbour"))
  const [ada, grace] = [await join("Ada", LIGHT), await join("Grace", LIGHT)]
  for (const each of [ada, grace]) await each.page.waitForFunction(() => window.client.transport === "websocket")
  await ada.says("Made fast. Anybody on the other end?")
  await grace.says("Engine room here. The signal comes and goes.")
  await grace.cuts()
  await ada.says("Did that one reach you?")
  await grace.says("Every word, once and in order. I cut the line just now.")
  await grace.forces("polling")
  await grace.says("And now I am on long-polling. Same session!")
  await ada.says("I would not have noticed.")
  await grace.hears("I would not have noticed.")
  const watchers = {}
  if (looks) for (const [name, how] of Object.entries(LOOKS)) watchers[name] = await join(name === "wide" ? "Hedy" : "Mary", how)
  await grace.types("Nor will")
  await ada.page.waitForFunction(() => document.getElementById("typing").textContent)
  await hang(ada.page, grace.page)

  if (!looks) return
  await watchers.dark.forces("sse")
  await watchers.phone.page.context().setOffline(true)
  await watchers.phone.page.click("#cut")
  await watchers.phone.page.fill("#say [name=text]", "Said without a connection")
  await watchers.phone.page.press("#say [name=text]", "Enter")
  for (const [name, { page }] of Object.entries(watchers)) await look(page, name)
}
