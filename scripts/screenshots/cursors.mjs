// A chart, as Ada and Grace see it, with the cursors of some others.

import { LIGHT, LOOKS } from "./desk.mjs"

const at = { Ada: [0.66, 0.3], Grace: [0.7, 0.76], Mary: [0.47, 0.52], Hedy: [0.88, 0.55], Joan: [0.57, 0.86] }

export async function cursors({ open, hang, look, looks }) {
  const pages = {}
  for (const name of Object.keys(at)) pages[name] = await open(name, LIGHT)
  const others = {}
  if (looks) for (const [name, how] of Object.entries(LOOKS)) others[name] = await open("Katherine", how)
  for (const [name, [x, y]] of Object.entries(at)) {
    const { width, height } = pages[name].viewportSize()
    await pages[name].mouse.move(x * width, y * height)
  }
  const watchers = [pages.Ada, pages.Grace, ...Object.values(others)]
  await Promise.all(watchers.map((page) => page.waitForFunction(() => document.querySelectorAll(".cursor").length >= 4)))
  await hang(pages.Ada, pages.Grace)
  for (const [name, page] of Object.entries(others)) await look(page, name)
}
