// What must not compile: each line below a @ts-expect-error is an error, or else `tsc` says that there is none.

import { history } from "../src/history.js"
import type { Channel, Client, Position } from "../src/index.js"
import { presence } from "../src/presence/presence.js"
import { state } from "../src/presence/state.js"

interface Said {
  text: string
}
interface Events {
  said: Said
  cleared: undefined
  count: number
}

export async function typed(client: Client): Promise<void> {
  const room = client.channel<Events>("chat:lobby")

  room.on("said", ({ text }) => text.toUpperCase())
  room.on("count", (n) => n.toFixed())
  // @ts-expect-error no such event
  room.on("sayed", () => {})
  // @ts-expect-error what it brings has no such field
  room.on("said", ({ test }) => test)
  // @ts-expect-error a number is no string
  room.on("count", (n: string) => n)

  const at: Position = await room.publish("said", { text: "hi" })
  await room.publish("cleared")
  // @ts-expect-error no such event
  await room.publish("sayed", { text: "hi" })
  // @ts-expect-error another payload
  await room.publish("said", { txt: "hi" })
  // @ts-expect-error no payload
  await room.publish("said")

  await room.join(undefined, { since: at })
  await room.join(undefined, { since: null })
  // @ts-expect-error an offset alone is no position
  await room.join(undefined, { since: { offset: 7 } })
  // @ts-expect-error the position is the server's to say
  room.position = at

  for (const message of (await history(room)).messages) {
    if (message.event == "said") message.data.text.toUpperCase()
    // @ts-expect-error not of every event
    else message.data.text
  }

  const here = presence<{ mood: string }>(room)
  here.on("join", ({ user, sessions }) => user + sessions[0]!.data!.mood)
  // @ts-expect-error no such news
  here.on("joined", () => {})
  state(room).set("typing", true, { ttl: 4000 })
  // @ts-expect-error no such option
  state(room).set("typing", true, { for: 4000 })
}

export async function untyped(client: Client): Promise<void> {
  const room: Channel = client.channel("chat:lobby")
  room.on("said", (data) => String(data))
  room.on<Said>("said", ({ text }) => text)
  room.on("said", (said: Said) => said.text)
  // @ts-expect-error nobody said what it is
  room.on("said", (data) => data.text)
  await room.publish("said", { text: "hi" })
  for (const { data } of (await history(room)).messages) String(data)
}
