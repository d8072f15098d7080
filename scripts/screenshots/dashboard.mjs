// The dashboard twice: on a line that is fast enough, and on one that carries less than half.

import { LIGHT, LOOKS } from "./desk.mjs"

const WINDOW = { ...LIGHT, viewport: { width: 820, height: 440 } }

/** Until there are lines to see. */
const drawn = (page) => page.waitForFunction(() => document.querySelector("path.over").getAttribute("d").split("L").length > 60)

export async function dashboard({ open, hang, look, looks }) {
  const [fast, slow] = [await open("Ada", WINDOW), await open("Grace", WINDOW)]
  await slow.click("#slow")
  const others = {}
  if (looks) for (const [name, how] of Object.entries(LOOKS)) others[name] = await open("Mary", how)
  await Promise.all([fast, slow, ...Object.values(others)].map(drawn))
  await slow.mouse.move(0, 0)
  await hang(fast, slow)
  for (const [name, page] of Object.entries(others)) await look(page, name)
}
