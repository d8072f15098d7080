import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import { type Client, connect, type Options } from "../../src/index.js"
import { WebSocket } from "ws"
import { converse } from "../e2e/conversation.js"
import { flawless } from "../e2e/numbers.js"
import { until } from "../e2e/until.js"

/** How many numbers go each way, and how many a second. */
const [COUNT, HZ] = [500, 500]

export interface Passage {
  readonly client: Client
  /** Waits until the session is where it is to stay. */
  settled(transport: string): Promise<void>
  /**
   * 500 numbers each way, of which none may be lost, doubled or reordered; more if `meanwhile`, which is done while
   * they are under way, takes longer.
   */
  exchange(meanwhile?: (advance: (by: number) => Promise<void>) => Promise<void>): Promise<void>
}

/** Connects to a lab by way of a proxy. At the end, the session must be the one that it was. */
export async function embark(t: TestContext, url: string, options: Options = {}): Promise<Passage> {
  const began = performance.now()
  const client = connect(url, { WebSocket, ...options })
  t.after(() => client.close())
  client.onError(() => {}) // rejections fail the test where they are awaited
  await client.ready
  const session = client.session
  t.diagnostic(`a session after ${Math.round(performance.now() - began)} ms, over ${client.transport}`)

  return {
    client,
    settled(transport) {
      const state = (): unknown => ({ transport: client.transport, status: client.status })
      return until("it uses " + transport, () => client.transport === transport, 30_000, state)
    },
    async exchange(meanwhile) {
      const conversation = await converse(client, COUNT, HZ)
      await meanwhile?.(conversation.advance)
      const { up, down } = await conversation.end()
      assert.deepEqual({ up, down }, { up: flawless, down: flawless })
      assert.equal(client.session, session, "the session is still the same")
      assert.equal((await client.call<{ session: string }>("whoami")).session, session)
    },
  }
}

/** The one thing that most tests ask: which transport is used in the end, and do the numbers arrive? */
export async function arrives(t: TestContext, url: string, transport: string, options: Options = {}): Promise<void> {
  const { client, settled, exchange } = await embark(t, url, options)
  await settled(transport)
  await exchange()
  assert.equal(client.transport, transport)
  assert.equal((await client.call<{ transport: string }>("whoami")).transport, transport)
}
