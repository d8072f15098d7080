// The cursors of the others, and what somebody points at.

import { hue } from "/look/people.js"

const BESIDE = 24 // px from a cursor's tip to its name, and some to spare
const layer = document.getElementById("cursors")
const bySession = new Map()

/** Shows where a session's cursor is. */
export function move(session, user, { x, y }) {
  let cursor = bySession.get(session)
  if (!cursor) {
    cursor = element("cursor", user)
    cursor.dataset.session = session
    cursor.innerHTML = '<svg viewBox="0 0 20 20"><path d="M3 2 17 9.5 10.5 11.5 7.5 18Z"/></svg><b></b>'
    bySession.set(session, cursor)
    layer.append(cursor)
  }
  cursor.style.setProperty("--hue", hue(user))
  const label = cursor.querySelector("b")
  label.textContent = user
  // Near the right and the lower edge a name stands on the other side of its cursor, so that it stays on the page.
  cursor.classList.toggle("leftward", x * layer.clientWidth + label.offsetWidth + BESIDE > layer.clientWidth)
  cursor.classList.toggle("upward", y * layer.clientHeight + label.offsetHeight + BESIDE > layer.clientHeight)
  place(cursor, x, y)
}

export function remove(session) {
  bySession.get(session)?.remove()
  bySession.delete(session)
}

export function clear() {
  for (const session of bySession.keys()) remove(session)
}

/** Draws a ring around a point, which fades. */
export function mark(user, { x, y }) {
  const ring = element("mark", user)
  place(ring, x, y)
  ring.onanimationend = () => ring.remove()
  layer.append(ring)
}

function element(className, user) {
  const made = Object.assign(document.createElement("div"), { className })
  made.style.setProperty("--hue", hue(user))
  return made
}

function place(item, x, y) {
  item.style.transform = `translate(${x * 100}vw, ${y * 100}vh)`
}
