import { connect, polling, sse, webSocket } from "/realtime/hawser.mjs"
import { myName, rename } from "/look/me.js"
import { log, showLine } from "./line.js"
import { enterRoom } from "./room.js"

const $ = (id) => document.getElementById(id)
const rooms = ["lobby", "harbour", "engine room"]
const transports = {
  auto: () => [webSocket(), sse(), polling()],
  websocket: () => [webSocket()],
  sse: () => [sse()],
  polling: () => [polling()],
}

let name = myName()
let force = "auto"
let client
let room // the one that we are in

// ---- the connection: one session, whatever carries it ----

function start() {
  client = connect("/realtime", { auth: () => name, transports: transports[force]() })
  window.client = client // to play with in the console
  const mine = client
  client.onError((error) => mine === client && log(error.message))
  client.onStatus((status) => mine === client && showLine(status, client.session))
  showLine({ status: client.status }, undefined)
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

function enter(wanted) {
  room?.leave()
  location.hash = encodeURIComponent(wanted)
  if (!rooms.includes(wanted)) rooms.push(wanted)
  $("room").textContent = wanted
  $("rooms").replaceChildren(...rooms.map((each) => {
    const button = Object.assign(document.createElement("button"), { textContent: each, onclick: () => enter(each) })
    button.setAttribute("aria-current", each === wanted)
    const item = document.createElement("li")
    item.append(button)
    return item
  }))
  $("rooms").querySelector("[aria-current=true]").scrollIntoView({ block: "nearest", inline: "nearest" }) // on a phone they are one line
  room = enterRoom(client, wanted, name)
}

$("newroom").onsubmit = (event) => {
  event.preventDefault()
  const wanted = event.target.elements.room.value.trim()
  event.target.reset()
  if (wanted) enter(wanted)
}
addEventListener("pagehide", () => room.keep())

// ---- talking ----

$("say").oninput = (event) => room.typing(event.target.value !== "")
$("say").onsubmit = (event) => {
  event.preventDefault()
  const text = event.target.elements.text.value.trim()
  if (!text) return
  event.target.reset()
  room.say(text)
}

$("who").elements.name.value = name
$("who").onsubmit = (event) => {
  event.preventDefault()
  const wanted = event.target.elements.name.value.trim()
  if (!wanted || wanted === name) return
  name = wanted
  rename(name)
  log("now " + name)
  const here = room.name
  room.leave()
  room = undefined
  client.close() // another user is another session
  start()
  enter(here)
}

start()
enter(decodeURIComponent(location.hash.slice(1)) || "lobby")
