/** What was published in a channel before: docs/protocol.md §9.1. */

import type { Channel, Position } from "./channel.js"
import { fromBase64 } from "./codecs/json.js"
import { isBytes } from "./packet.js"

/** A message that was published. `Events` is that of the channel. */
export type Published<Events = unknown> = unknown extends Events
  ? { readonly offset: number; readonly event: string; readonly data: unknown }
  : {
      [E in keyof Events & string]: { readonly offset: number; readonly event: E; readonly data: Events[E] }
    }[keyof Events & string]

export interface HistoryOptions {
  /** Only what came before this position. Without it: the latest. */
  before?: Position | undefined
  /** How many messages at most: up to 100, unless the server allows more. */
  limit?: number | undefined
}

/** Messages that follow each other. */
export interface Page<Events = unknown> {
  readonly epoch: string
  /** The oldest first. */
  readonly messages: readonly Published<Events>[]
  /** Whether there are older ones. */
  readonly more: boolean
  /** The page before this one, of as many messages; undefined where there is no more. */
  older(): Promise<Page<Events> | undefined>
}

interface Answer {
  epoch: string
  messages: [offset: number, event: string, data?: unknown, mark?: number][]
  more: boolean
}

/**
 * Reads what was published in a channel that one is a member of, the latest page first. Rejects with `forbidden` where
 * the server does not let one, with `bad_request` for a limit or an epoch that is not to be had, and as `Client.call`.
 */
export function history<Events>(room: Channel<Events>, options: HistoryOptions = {}): Promise<Page<Events>> {
  const { before, limit } = options
  const asked = { epoch: before && before.epoch, before: before && before.offset, limit }
  const page = room.call<Answer>("hawser:history", asked).then(function ({ epoch, messages, more }): Page<Events> {
    const oldest = messages[0]
    return {
      epoch,
      more,
      messages: messages.map(([offset, event, data, mark]) => ({
        offset,
        event,
        data: mark && !isBytes(data) ? fromBase64(data) : data,
      })) as Published<Events>[],
      older: () =>
        more && oldest ? history(room, { before: { epoch, offset: oldest[0] }, limit }) : Promise.resolve(undefined),
    }
  })
  page.catch(function () {}) // reported already
  return page
}
