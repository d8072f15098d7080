// A room: what was said before and what is said now, each once; who is here, and who is typing.

import { history } from "/realtime/history.mjs"
import { presence } from "/realtime/presence.mjs"
import { state } from "/realtime/state.mjs"
import { showPeople } from "/look/people.js"
import { keep, recall } from "./kept.js"
import { log } from "./line.js"
import * as list from "./messages.js"

const PAGE = 30 // messages of history that are read at once
const KEPT = 100 // messages that are kept for when the page is loaded again

let refs = 0
const page = Math.random().toString(36).slice(2) // so that no two pages call their messages the same

/** Enters a room, where this page has been before: with what it showed then. */
export function enterRoom(client, name, me) {
  const room = client.channel("chat:" + name)
  const here = presence(room)
  const states = state(room)
  let shown = [] // messages with their offsets, the oldest first
  let more = false // whether there are older ones
  let loading

  // ---- what is said: live from the position where we joined, history up to there ----

  function hear(message) {
    const said = { ...message, offset: room.position.offset }
    shown.push(said)
    list.append(said, me)
  }

  function begin() {
    shown = []
    list.clear()
    loading = undefined
    load(room.position.offset + 1)
  }

  async function load(before) {
    const mine = (loading = {})
    try {
      const older = await history(room, { before: { epoch: room.position.epoch, offset: before }, limit: PAGE })
      if (mine !== loading) return
      const messages = older.messages.map(({ offset, data }) => ({ ...data, offset }))
      more = older.more
      shown = [...messages, ...shown]
      list.prepend(messages, me)
    } catch {
      return // told by client.onError
    } finally {
      if (mine === loading) loading = undefined
    }
    lookBack()
  }

  function lookBack() {
    if (more && !loading && list.nearTop()) load(shown[0].offset)
  }

  const kept = recall(name)
  list.clearAll()
  if (kept) {
    shown = kept.messages
    more = kept.more
    list.prepend(shown, me)
  }

  const stops = [
    room.on("said", hear),
    room.onStatus(({ status, recovered, error }) => {
      if (status === "left") return void (error && log(error.message))
      if (!recovered) return begin() // for the first time, or what we missed cannot be had any more
      log("nothing was missed")
      lookBack()
    }),
    list.onScroll(lookBack),
    showPeople(document.getElementById("people"), here, me),
    states.on("typing", () => list.showTyping(others(states.all("typing"), me))),
    () => states.close(),
    () => here.close(),
  ]
  list.showTyping([])
  room.join({}, { since: kept?.position }).catch(() => {}) // told by client.onError

  return {
    name,
    say(text) {
      const ref = `${page}-${++refs}`
      const mine = list.unsent({ from: me, text, at: Date.now(), ref })
      states.clear("typing")
      room.call("say", { text, ref }, { timeout: 120_000 }).catch((error) => mine.failed(error.message))
    },
    typing: (is) => (is ? states.set("typing", true, { ttl: 4000 }) : states.clear("typing")),
    /** Keeps what is shown, and the position after it, for when the page is loaded again. Not with a hole that is being filled. */
    keep() {
      if (!room.position || loading) return
      keep(name, { position: room.position, messages: shown.slice(-KEPT), more: more || shown.length > KEPT })
    },
    leave() {
      this.keep()
      loading = undefined
      for (const stop of stops) stop()
      room.leave().catch(() => {})
    },
  }
}

function others(typing, me) {
  return [...new Set(typing.map(({ user }) => user))].filter((user) => user && user !== me).sort()
}
