import { connect, polling, sse, webSocket } from "/realtime/hawser.mjs"
import { log, showLine } from "./line.js"
import { add, clear, unsent } from "./messages.js"

const $ = (id) => document.getElementById(id)
const rooms = ["lobby", "harbour", "engine room"]
const transports = {
  auto: () => [webSocket(), sse(), polling()],
  websocket: () => [webSocket()],
  sse: () => [sse()],
  polling: () => [polling()],
}

let name = recall("hawser-chat-name") || "sailor " + Math.floor(100 + Math.random() * 900)
let force = "auto"
let room = decodeURIComponent(location.hash.slice(1)) || "lobby"
let client
let channel // the room's

// ---- the connection: one session, whatever carries it ----

function start() {
  client = connect("/realtime", { auth: () => name, transports: transports[force]() })
  window.client = client // to play with in the console
  channel = undefined
  const mine = client
  client.onError((error) => log(error.message))
  client.onStatus((status) => {
    if (mine !== client) return
    showLine(status, client.session)
    // Another session knows nothing of the old one's rooms.
    if (status.transport && status.resumed === false) enter(room)
  })
  showLine({ status: client.status }, undefined)
  enter(room)
}

for (const button of document.querySelectorAll("[data-force]")) {
  button.onclick = () => {
    force = button.dataset.force
    client.use(transports[force]())
    for (const other of document.querySelectorAll("[data-force]")) other.setAttribute("aria-pressed", other === button)
  }
}
$("cut").onclick = () => {
  log("cut!")
  client.cut()
}

// ---- rooms: each is a channel ----

async function enter(wanted) {
  channel?.leave().catch(() => {})
  room = wanted
  location.hash = encodeURIComponent(room)
  if (!rooms.includes(room)) rooms.push(room)
  $("room").textContent = room
  listRooms()
  clear()

  const entered = (channel = client.channel("chat:" + room))
  if (!entered.heard) entered.heard = entered.on("said", (message) => entered === channel && add(message, name))
  try {
    const { recent } = await entered.join()
    if (entered === channel) for (const message of recent) add(message, name)
  } catch (error) {
    log(error.message)
  }
}

function listRooms() {
  $("rooms").replaceChildren(...rooms.map((each) => {
    const button = Object.assign(document.createElement("button"), { textContent: each, onclick: () => enter(each) })
    button.setAttribute("aria-current", each === room)
    const item = document.createElement("li")
    item.append(button)
    return item
  }))
}

$("newroom").onsubmit = (event) => {
  event.preventDefault()
  const wanted = event.target.elements.room.value.trim()
  event.target.reset()
  if (wanted) enter(wanted)
}

// ---- talking ----

$("say").onsubmit = async (event) => {
  event.preventDefault()
  const text = event.target.elements.text.value.trim()
  if (!text) return
  event.target.reset()
  const mine = unsent({ from: name, text, at: Date.now() })
  const here = channel
  try {
    const message = await here.call("say", { text }, { timeout: 120_000 })
    mine.done()
    if (here === channel) add(message, name)
  } catch (error) {
    mine.failed(error.message)
  }
}

$("who").elements.name.value = name
$("who").onsubmit = (event) => {
  event.preventDefault()
  const wanted = event.target.elements.name.value.trim()
  if (!wanted || wanted === name) return
  name = wanted
  remember("hawser-chat-name", name)
  log("now " + name)
  client.close() // another user is another session
  start()
}

function recall(key) {
  try { return localStorage.getItem(key) } catch { return null }
}
function remember(key, value) {
  try { localStorage.setItem(key, value) } catch { /* private mode: for this visit only */ }
}

start()
