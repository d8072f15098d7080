import { connect } from "/realtime/hawser.mjs"
import { presence } from "/realtime/presence.mjs"
import { state } from "/realtime/state.mjs"
import { myName, rename } from "/look/me.js"
import { showPeople } from "/look/people.js"
import { clear, mark, move, remove } from "./pointers.js"

const $ = (id) => document.getElementById(id)
const chart = $("chart")

let name = myName()
let client
let states
let endPeople = () => {}

function start() {
  endPeople()
  clear()
  client?.close()
  client = connect("/realtime", { auth: () => name })
  window.client = client // to play with in the console
  const mine = client
  client.onStatus(({ status }) => {
    if (mine === client) $("status").dataset.status = $("status").textContent = status
  })

  const room = client.channel("chart:" + (decodeURIComponent(location.hash.slice(1)) || "harbour"))
  endPeople = showPeople($("people"), presence(room), name)
  states = state(room)
  states.on("cursor", ({ session, user, value }) => {
    if (mine !== client) return
    if (value) move(session, user, value)
    else remove(session)
  })
  states.on("mark", ({ user, value }) => mine === client && value && mark(user, value))
  room.join()
}

// Points are fractions of the chart's size: windows differ.
const point = ({ clientX, clientY }) => ({ x: within(clientX / chart.clientWidth), y: within(clientY / chart.clientHeight) })
const within = (part) => Math.min(Math.max(part, 0), 1) // a finger may leave the page

// As often as it moves: the client sends the latest, 20 times a second at most.
chart.onpointermove = (event) => states.set("cursor", point(event))
chart.onpointerdown = (event) => {
  states.set("mark", point(event), { ttl: 1000 })
  mark(name, point(event))
}
chart.onpointerleave = () => states.clear("cursor")

$("who").elements.name.value = name
$("who").onsubmit = (event) => {
  event.preventDefault()
  const wanted = event.target.elements.name.value.trim()
  if (!wanted || wanted === name) return
  name = wanted
  rename(name)
  start() // another user is another session
}

start()
