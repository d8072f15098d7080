// The messages of the room, in the order in which they were said; below them what the server does not have yet.

import { hue } from "/look/people.js"

const list = document.getElementById("messages")
const typing = document.getElementById("typing")
const waiting = new Map() // messages of one's own that the server does not have yet, by what we call them

/** Shows a message that was said, after the others. */
export function append(message, myName) {
  settle(message.ref)
  const unsent = list.querySelector(".unsent, .failed")
  list.insertBefore(element(message, myName), unsent)
  group()
  if (atEnd) toEnd()
}

/** Shows messages that were said before the others. What one looks at stays where it is. */
export function prepend(messages, myName) {
  const fromEnd = list.scrollHeight - list.scrollTop
  for (const message of messages) settle(message.ref)
  list.prepend(...messages.map((message) => element(message, myName)))
  group()
  if (atEnd) toEnd()
  else list.scrollTop = list.scrollHeight - fromEnd
}

/** Shows a message of one's own that waits for the server: also while there is no connection. */
export function unsent(message) {
  const item = element(message, message.from)
  item.classList.add("unsent")
  waiting.set(message.ref, item)
  list.append(item)
  group()
  toEnd()
  return {
    failed(why) {
      item.classList.replace("unsent", "failed")
      item.dataset.why = why
    },
  }
}

/** Shows none of what was said; what the server does not have yet stays. */
export function clear() {
  for (const item of list.querySelectorAll("[data-offset]")) item.remove()
}

/** Shows nothing at all. */
export function clearAll() {
  list.replaceChildren()
  waiting.clear()
}

/** Says who is typing. */
export function showTyping(names) {
  const who = names.length > 2 ? names.length + " people" : names.join(" and ")
  typing.textContent = who && `${who} ${names.length > 1 ? "are" : "is"} typing`
}

export const nearTop = () => list.scrollTop < 200

export function onScroll(fn) {
  list.addEventListener("scroll", fn)
  return () => list.removeEventListener("scroll", fn)
}

// What becomes smaller below it, or longer above it, leaves the latest in sight.
let atEnd = true
list.addEventListener("scroll", () => { atEnd = isAtEnd() })
new ResizeObserver(() => { if (atEnd) toEnd() }).observe(list)

const isAtEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 80
function toEnd() {
  list.scrollTop = list.scrollHeight
  atEnd = true
}

function settle(ref) {
  waiting.get(ref)?.remove()
  waiting.delete(ref)
}

/** Marks messages that follow one of the same person. */
function group() {
  let before
  for (const item of list.children) {
    item.classList.toggle("follows", item.dataset.from === before)
    before = item.dataset.from
  }
}

function element({ offset, from, text, at }, myName) {
  const item = document.createElement("li")
  item.dataset.from = from
  if (offset) item.dataset.offset = offset
  item.classList.toggle("mine", from === myName)
  item.style.setProperty("--hue", hue(from))
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false })
  item.append(part("b", "from", from), part("p", "text", text), part("time", "at", time))
  return item
}

function part(tag, className, textContent) {
  return Object.assign(document.createElement(tag), { className, textContent })
}
