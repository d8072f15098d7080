// What a page does that React renders: as docs/javascript.md has it.

import { createElement, StrictMode, useEffect } from "react"
import { createRoot } from "react-dom/client"
import type { Client } from "../../../src/index.js"

declare const hawser: typeof import("../../../src/index.js")
declare global {
  interface Window {
    /** The clients that were made, in order. */
    clients: Client[]
  }
}

function Connected(): null {
  useEffect(() => {
    const client = hawser.connect("/realtime", { transports: [hawser.webSocket()] })
    window.clients.push(client)
    return () => void client.close()
  }, [])
  return null
}

window.clients = []
createRoot(document.body.appendChild(document.createElement("div"))).render(createElement(StrictMode, null, createElement(Connected)))
