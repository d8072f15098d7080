import { connect } from "/realtime/hawser.mjs"
import { card } from "./card.js"
import { meter } from "./meter.js"

const $ = (id) => document.getElementById(id)
const cards = new Map()
const counts = meter()

let client
let ticker // the channel
let slow = false

function start() {
  client?.close()
  client = connect(slow ? "/slow/realtime" : "/realtime")
  window.client = client // to play with in the console
  const mine = client
  client.onStatus(({ status, transport }) => {
    if (mine !== client) return
    $("status").dataset.status = $("status").textContent = status
    $("carrier").textContent = transport ? "by " + transport : ""
  })

  ticker = client.channel("ticker:harbour")
  // The state comes when one joins, and whenever messages were lost; each change after it follows.
  ticker.onSnapshot(({ prices, halted }) => {
    if (mine !== client) return
    counts.begin(ticker.position.offset)
    for (const price of prices) show(price)
    showHalted(halted)
  })
  ticker.on("price", (price) => {
    if (mine !== client) return
    counts.heard(ticker.position.offset, price.t)
    show(price)
  })
  ticker.on("halted", (halted) => {
    if (mine !== client) return
    counts.heard(ticker.position.offset)
    showHalted(halted)
  })
  ticker.join()
}

function show({ s, p }) {
  if (!cards.has(s)) {
    cards.set(s, card(s, p))
    $("prices").append(cards.get(s).element)
  }
  cards.get(s).set(p)
}

function showHalted(halted) {
  $("halt").setAttribute("aria-pressed", halted)
  $("halt").textContent = halted ? "Let it go on" : "Halt the market"
  document.body.classList.toggle("halted", halted)
}

$("slow").onclick = () => {
  slow = !slow
  $("slow").setAttribute("aria-pressed", slow)
  document.body.classList.toggle("slow", slow)
  start()
}
$("halt").onclick = () => ticker.call("halt", $("halt").getAttribute("aria-pressed") !== "true")

// What changed is drawn once a frame, however often it changed.
requestAnimationFrame(function draw() {
  for (const each of cards.values()) each.draw()
  requestAnimationFrame(draw)
})
setInterval(() => {
  const { published, received, behind, replaced } = counts.read()
  const number = (n) => (n === undefined ? "–" : Math.round(n).toLocaleString("en"))
  $("published").textContent = number(published)
  $("received").textContent = number(received)
  $("behind").textContent = number(behind)
  $("replaced").textContent = number(replaced)
}, 500)

start()
