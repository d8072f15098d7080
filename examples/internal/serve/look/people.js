// Who is in a channel, as a list of names.

/** Shows the users of a presence in a list, oneself first, for as long as they change. Returns what ends it. */
export function showPeople(list, here, myName) {
  const draw = () => {
    const users = here.users().sort((a, b) => (b.user === myName) - (a.user === myName) || a.user.localeCompare(b.user))
    list.replaceChildren(...users.map(({ user, sessions }) => person(user, sessions.length, user === myName)))
  }
  const stops = ["join", "leave", "update"].map((event) => here.on(event, draw))
  draw()
  return () => stops.forEach((stop) => stop())
}

function person(name, tabs, me) {
  const item = Object.assign(document.createElement("li"), { textContent: name })
  item.classList.toggle("me", me)
  item.style.setProperty("--hue", hue(name))
  if (tabs > 1) item.append(Object.assign(document.createElement("small"), { textContent: " ×" + tabs, title: tabs + " windows" }))
  return item
}

/** A colour for each name. */
export function hue(name) {
  let sum = 947
  for (const character of name) sum = Math.imul(sum ^ character.codePointAt(0), 0x01000193) >>> 0
  return (sum >>> 5) % 360
}
