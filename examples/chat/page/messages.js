// The messages of the room, in the order in which they were said; below them what the server does not have yet.

const list = document.getElementById("messages")

/** Shows a message that was said, in its place. One that is there already is not shown twice: a room's recent ones may have been heard before. */
export function add(message, myName) {
  let after = list.lastElementChild
  while (after && !(after.dataset.id <= message.id)) after = after.previousElementSibling
  if (after?.dataset.id === String(message.id)) return
  const item = element(message, message.from === myName)
  item.dataset.id = message.id
  insert(item, after)
}

/** Shows a message of one's own that waits for the server: also while there is no connection. */
export function unsent(message) {
  const item = element(message, true)
  item.classList.add("unsent")
  insert(item, list.lastElementChild)
  return {
    done: () => item.remove(),
    failed(why) {
      item.classList.replace("unsent", "failed")
      item.dataset.why = why
    },
  }
}

/** Shows none. */
export function clear() {
  list.replaceChildren()
}

function insert(item, after) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80
  if (after) after.after(item)
  else list.prepend(item)
  for (const each of [item, item.nextElementSibling]) {
    each?.classList.toggle("follows", each.dataset.from === each.previousElementSibling?.dataset.from)
  }
  if (atEnd) list.scrollTop = list.scrollHeight
}

function element({ from, text, at }, mine) {
  const item = document.createElement("li")
  item.dataset.from = from
  item.classList.toggle("mine", mine)
  item.style.setProperty("--hue", hue(from))
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false })
  item.append(part("b", "from", from), part("p", "text", text), part("time", "at", time))
  return item
}

function part(tag, className, textContent) {
  return Object.assign(document.createElement(tag), { className, textContent })
}

/** A colour for each name. */
function hue(name) {
  let sum = 0
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) % 997
  return (sum * 137) % 360 // the golden angle: neighbours are far apart
}
