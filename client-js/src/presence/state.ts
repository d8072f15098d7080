/** What soon does not matter any more: who is typing, where a cursor is. docs/protocol.md §9.1. */

import type { Channel, Room } from "../channel.js"
import type { Unsubscribe } from "../emitter.js"
import { JOINED, PRESENCE } from "../signals.js"
import { presence } from "./presence.js"

/** How often a key is sent at most, in ms. */
const PACE = 50
/** How long a state lasts if nobody says, and at most, in ms. */
const TTL = 5000
const TTL_MOST = 60000

/** A state of another session. */
export interface State<Value = unknown> {
  readonly session: string
  /** Whose session it is, as far as presence tells; "" if that is nobody. */
  readonly user: string
  readonly key: string
  /** Undefined once it is over. */
  readonly value: Value | undefined
}

export interface SetOptions {
  /**
   * For how many milliseconds it lasts after it was set last, at most 60,000. Without it, it lasts until it is cleared,
   * or for 5 s after this page is gone.
   */
  ttl?: number | undefined
}

/** States of a channel. They may be lost, are never late, and end with their time or with their owner's presence. */
export interface States {
  /**
   * Shows a state to the others. As often as one likes: at most each 50 ms one is sent for each key, the latest value
   * last.
   */
  set(key: string, value: unknown, options?: SetOptions): void
  /** Takes it back. */
  clear(key: string): void
  /** Listens to the states of others under a key: each that is set, and, without a value, each that is over. */
  on<Value = unknown>(key: string, fn: (state: State<Value>) => void): Unsubscribe
  /** All states of others, or those under a key. */
  all<Value = unknown>(key?: string): State<Value>[]
  /** Ends all of one's own, and wants to know nothing more. */
  close(): void
}

/** What comes of another session's state. */
interface News {
  session: string
  key: string
  value?: unknown
  ttl: number
}

/** One of our own states. It is forgotten when nothing is to be sent any more. */
interface Own {
  value: unknown
  ttl: number
  /** Whether it is sent again before its time is over. */
  lasts: boolean
  /** Whether there is something to send. */
  due: boolean
  /** Runs while the key has to wait, then until it is sent again. */
  timer?: ReturnType<typeof setTimeout> | undefined
  paced: boolean
}

const known = new WeakMap<Room, States>()

/** The states of a channel, for as long as one is a member: the same object each time, until it is closed. */
export function state(room: Room): States {
  const before = known.get(room)
  if (before) return before
  const made = share(room as Channel)
  known.set(room, made)
  return made
}

function share(room: Channel): States {
  const here = presence(room) // those who watch presence get the states
  const theirs = new Map<string, News & { timer: ReturnType<typeof setTimeout> }>()
  const mine = new Map<string, Own>()
  let asked = 0
  let touched = new Set<string>() // what came since we asked, and is newer than the answer

  const idOf = ({ session, key }: { session: string; key: string }): string => session + "\n" + key
  const view = ({ session, key, value }: Omit<News, "ttl">): State => ({
    session,
    user: here.session(session)?.user || "",
    key,
    value,
  })

  function take(news: News): void {
    const id = idOf(news)
    const before = theirs.get(id)
    if (before) clearTimeout(before.timer)
    theirs.delete(id)
    if (news.value !== undefined) {
      const timer = setTimeout(() => take({ ...news, value: undefined }), Math.min(news.ttl, TTL_MOST))
      theirs.set(id, { ...news, timer })
    } else if (!before) return
    room.tell("\nstate " + news.key, view(news))
  }

  /** Ends the states that are meant. */
  function end(meant: (news: News) => boolean): void {
    Array.from(theirs.values()).forEach((news) => meant(news) && take({ ...news, value: undefined }))
  }

  function ask(): void {
    const mine = ++asked
    touched = new Set()
    room.call<{ states: [string, string, unknown, number][] }>("hawser:state").then(
      function ({ states }) {
        if (mine != asked) return
        const news = states.map(([session, key, value, ttl]) => ({ session, key, value, ttl }))
        const ids = new Set(news.map(idOf))
        end((old) => !ids.has(idOf(old)) && !touched.has(idOf(old)))
        news.forEach((one) => touched.has(idOf(one)) || take(one))
      },
      // Reported already.
      function () {},
    )
  }

  function send(key: string, own: Own): void {
    clearTimeout(own.timer)
    if (room.status != "joined") {
      if (!own.lasts) mine.delete(key)
      return
    }
    const { value, ttl } = own
    own.due = false
    own.paced = true
    room.volatile("hawser:state", value === undefined ? { key } : { key, value, ttl })
    own.timer = setTimeout(function () {
      own.paced = false
      if (own.due) send(key, own)
      else if (!own.lasts) mine.delete(key)
      // So often that one of them may be lost.
      else own.timer = setTimeout(() => send(key, own), Math.max(own.ttl * 0.4 - PACE, PACE))
    }, PACE)
  }

  function put(key: string, value: unknown, ttl: number, lasts: boolean): void {
    const own: Own = mine.get(key) || { value, ttl, lasts, due: true, paced: false }
    Object.assign(own, { value, ttl, lasts, due: true })
    mine.set(key, own)
    if (!own.paced) send(key, own)
  }

  function forget(): void {
    mine.forEach((own) => clearTimeout(own.timer))
    mine.clear()
  }

  const stops = [
    room.on(JOINED, function () {
      ask()
      mine.forEach((own, key) => own.paced || send(key, own))
    }),
    room.on<News>("hawser:state", function (news) {
      touched.add(idOf(news))
      take(news)
    }),
    room.on<{ out?: string[] }>(PRESENCE, ({ out = [] }) => end(({ session }) => out.indexOf(session) >= 0)),
    room.onStatus(function ({ status }) {
      if (status != "left") return
      asked++
      forget()
      end(() => true)
    }),
  ]
  if (room.status == "joined") ask()

  return {
    set: (key, value, { ttl } = {}) => put(key, value, Math.min(ttl || TTL, TTL_MOST), ttl === undefined),
    clear: (key) => put(key, undefined, 0, false),
    on: (key, fn) => room.on("\nstate " + key, fn),
    all: <Value>(key?: string) =>
      Array.from(theirs.values())
        .filter((news) => key === undefined || news.key == key)
        .map((news) => view(news) as State<Value>),
    close() {
      asked++
      stops.forEach((stop) => stop())
      mine.forEach((own, key) => own.value !== undefined && room.status == "joined" && room.volatile("hawser:state", { key }))
      forget()
      theirs.forEach(({ timer }) => clearTimeout(timer))
      theirs.clear()
      known.delete(room)
    },
  }
}
