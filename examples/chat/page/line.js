// What carries the session: the drawing, the line below it, and the log of what happened.

const $ = (id) => document.getElementById(id)
const names = { websocket: "WebSocket", sse: "SSE", polling: "long-polling" }

let carrier // the transport in use
let lost // the one that was, while there is none

/** Shows a status as the client tells it. */
export function showLine({ status, transport, resumed, error, retryIn }, session) {
  $("status").dataset.status = status
  $("status").textContent = retryIn ? `${status}, again in ${Math.ceil(retryIn / 1000)} s` : status
  $("session").textContent = session ? "session " + session : ""

  if (transport && resumed === false) log("another session: the old one is lost")
  if (transport !== carrier) {
    if (transport) log("over " + names[transport])
    else if (carrier) log("no connection")
    lost = transport ? undefined : carrier
    carrier = transport
  }
  if (status === "closed" && error) log(error.message)
  for (const strand of document.querySelectorAll("[data-transport]")) {
    strand.classList.toggle("active", strand.dataset.transport === carrier)
    strand.classList.toggle("parted", strand.dataset.transport === lost)
  }
}

/** Notes what happened, with the time, the latest first. */
export function log(text) {
  const time = Object.assign(document.createElement("time"), { textContent: new Date().toLocaleTimeString([], { hour12: false }) })
  const item = document.createElement("li")
  item.append(time, text)
  $("log").prepend(item)
  while ($("log").children.length > 50) $("log").lastChild.remove()
}
