import { connect, polling, sse, webSocket } from "/realtime/hawser.mjs"

const $ = (id) => document.getElementById(id)
const rooms = ["lobby", "harbour", "engine room"]
const transports = {
  auto: () => [webSocket(), sse(), polling()],
  sse: () => [sse()],
  polling: () => [polling()],
}

let name = recall("hawser-chat-name") || "sailor " + Math.floor(100 + Math.random() * 900)
let current = decodeURIComponent(location.hash.slice(1)) || "lobby"
let channel // the room's

// ---- the connection: one session, whatever carries it ----

const client = connect("/realtime", { auth: () => name })
window.client = client // to play with in the console

let carrier
client.onError((error) => log(error.message))
client.onStatus(({ status, transport, resumed, retryIn }) => {
  $("status").textContent = retryIn ? `${status}, again in ${Math.ceil(retryIn / 1000)} s` : status
  $("status").dataset.status = status
  if (transport !== carrier) log(transport ? `carried by ${transport}` : "no connection")
  if (transport && resumed === false) log("another session: the old one is lost")
  carrier = transport
  show()
})

function show() {
  for (const strand of document.querySelectorAll(".strand")) {
    strand.classList.toggle("active", strand.dataset.transport === client.transport)
  }
  $("session").textContent = client.session ? "session " + client.session : ""
}

for (const button of document.querySelectorAll("[data-force]")) {
  button.onclick = () => {
    client.use(transports[button.dataset.force]())
    for (const other of document.querySelectorAll("[data-force]")) other.setAttribute("aria-pressed", other === button)
  }
}
$("cut").onclick = () => {
  log("cut!")
  client.cut()
}

// ---- rooms ----

async function enter(room) {
  const before = channel
  current = room
  location.hash = encodeURIComponent(room)
  if (!rooms.includes(room)) rooms.push(room)
  $("room").textContent = "# " + room
  $("messages").replaceChildren()
  listRooms()

  const entered = (channel = client.channel("chat:" + room))
  if (!entered.heard) entered.heard = entered.on("said", (message) => entered === channel && add(message))
  if (before && before !== entered) before.leave().catch(() => {})
  try {
    const { recent } = await entered.join()
    if (entered === channel) recent.forEach(add)
  } catch (error) {
    log(error.message)
  }
}

function listRooms() {
  $("rooms").replaceChildren(...rooms.map((room) => {
    const button = Object.assign(document.createElement("button"), { textContent: room, onclick: () => enter(room) })
    button.setAttribute("aria-current", room === current)
    const item = document.createElement("li")
    item.append(button)
    return item
  }))
}

// ---- messages ----

const shown = new Map() // by id: the recent ones of a join may have been heard already

function add(message) {
  const old = shown.get(message.id)
  if (old && old.isConnected) return
  const item = element(message)
  shown.set(message.id, item)
  $("messages").append(item)
  $("messages").scrollTop = $("messages").scrollHeight
}

function element({ from, text, at }) {
  const item = document.createElement("li")
  item.classList.toggle("mine", from === name)
  const head = Object.assign(document.createElement("span"), { className: "from" })
  head.append(Object.assign(document.createElement("b"), { textContent: from }), " " + new Date(at).toLocaleTimeString())
  item.append(head, text)
  return item
}

$("say").onsubmit = async (event) => {
  event.preventDefault()
  const text = event.target.text.value.trim()
  if (!text) return
  event.target.reset()
  const item = element({ from: name, text, at: Date.now() })
  item.classList.add("waiting") // until the server has it: also while there is no connection
  $("messages").append(item)
  $("messages").scrollTop = $("messages").scrollHeight
  try {
    const message = await channel.call("say", { text }, { timeout: 120_000 })
    item.remove()
    add(message)
  } catch (error) {
    item.classList.replace("waiting", "failed")
    item.title = error.message
    log(error.message)
  }
}

$("newroom").onsubmit = (event) => {
  event.preventDefault()
  const room = event.target.room.value.trim()
  event.target.reset()
  if (room) enter(room)
}

$("who").elements.name.value = name
$("who").onsubmit = (event) => {
  event.preventDefault()
  const wanted = event.target.elements.name.value.trim()
  if (!wanted || wanted === name) return
  remember("hawser-chat-name", wanted)
  client.close() // another user is another session
  location.reload()
}

function log(text) {
  const time = Object.assign(document.createElement("time"), { textContent: new Date().toLocaleTimeString() })
  const item = document.createElement("li")
  item.append(time, text)
  $("log").prepend(item)
  while ($("log").children.length > 50) $("log").lastChild.remove()
}

function recall(key) {
  try { return localStorage.getItem(key) } catch { return null }
}
function remember(key, value) {
  try { localStorage.setItem(key, value) } catch { /* private mode: for this visit only */ }
}

show()
enter(current)
