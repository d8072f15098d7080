// Looks at a session from outside of its client. For JSON only.

import { WebSocket } from "ws"
import { json } from "../../src/index.js"
import { Kind } from "../../src/packet.js"

/** What a hello shows of a session: enough to speak for it. */
export interface Identity {
  sid: string
  key: string
}

/** A platform's fetch and WebSocket that note whose session a client speaks for. */
export function witness(): { fetch: typeof fetch; WebSocket: typeof WebSocket; seen: Identity } {
  const seen: Identity = { sid: "", key: "" }
  function note(frame: unknown): void {
    const first = json.decode(String(frame))[0]
    if (first?.[0] === Kind.Hello && first[1].sid) Object.assign(seen, { sid: first[1].sid, key: first[1].key })
  }
  return {
    seen,
    fetch(input, init) {
      note(init?.body)
      return fetch(input, init)
    },
    WebSocket: class extends WebSocket {
      override send(frame: string): void {
        note(frame)
        super.send(frame)
      }
    },
  }
}

/** Whether the lab at `url` knows a session. To ask does not prolong its life: a POST to send opens no wire. */
export async function isAlive(url: string, { sid, key }: Identity): Promise<boolean> {
  const body = json.encode([Kind.Hello, { v: 1, sid, key, wire: 1, claim: 1, recv: 0 }]) as string
  const answer = await fetch(url + "send?v=1&codec=json", { method: "POST", body })
  const first = json.decode(await answer.text())[0]
  if (first?.[0] !== Kind.Ack && first?.[0] !== Kind.Gone)
    throw new Error("neither ack nor gone: " + JSON.stringify(first))
  return first[0] === Kind.Ack
}
