/** Who is in a channel: docs/protocol.md §9.1. */

import type { Channel, Room } from "../channel.js"
import type { Unsubscribe } from "../emitter.js"
import { JOINED, PRESENCE } from "../signals.js"

/** One session that is in a channel. */
export interface Member<Data = unknown> {
  /** Its public id, as `Client.session` of the other side. */
  readonly session: string
  /** Whose it is; "" if that is nobody. */
  readonly user: string
  /** What it shows of itself, or the server of it. */
  readonly data: Data | undefined
}

/** Somebody who is in a channel, with any number of sessions. Each session of nobody's is a user of its own. */
export interface User<Data = unknown> {
  readonly user: string
  /** At least one; the one that has been here for the longest time comes first. */
  readonly sessions: readonly Member<Data>[]
}

/** How many are in a channel. */
export interface Count {
  readonly users: number
  readonly sessions: number
}

/** Who is in a channel. Kept while the connection is lost, and compared with what is true when it is back. */
export interface Presence<Data = unknown> {
  /** Everybody, oneself included. Empty until the server has said who is here, and once one has left. */
  users(): User<Data>[]
  sessions(): Member<Data>[]
  /** The session of that id, if it is here. */
  session(id: string): Member<Data> | undefined
  count(): Count
  /** Says what others see of this session. Rejects as `Client.call` does. */
  enter(data?: unknown): Promise<void>
  /**
   * Listens to users who come ("join": also, once, those who are here already), go with their last session ("leave"),
   * or change ("update": a session more or less, other data). To leave the channel oneself is told of nobody.
   */
  on(event: "join" | "leave" | "update", fn: (user: User<Data>) => void): Unsubscribe
  /** Wants to know nothing more. */
  close(): void
}

type Listed = [session: string, user: string, data?: unknown]
interface Diff {
  in?: Listed[]
  out?: string[]
}

const known = new WeakMap<Room, Presence>()

/**
 * Watches who is in a channel, for as long as one is a member: the same object each time, until it is closed. The
 * server must let one see.
 */
export function presence<Data = unknown>(room: Room): Presence<Data> {
  const before = known.get(room)
  if (before) return before as Presence<Data>
  const made = watch(room as Channel)
  known.set(room, made)
  return made as Presence<Data>
}

/** Asks how many are in a channel that one is a member of, without a list of them. */
export function count(room: Room): Promise<Count> {
  return room.call<Count>("hawser:count")
}

function watch(room: Channel): Presence {
  const sessions = new Map<string, Member>()
  const users = new Map<string, User>()
  let asked = 0
  let early: Diff[] | undefined // what came before we could read the answer that it follows

  const keyOf = ({ user, session }: Member): string => user || "\n" + session

  /** Makes changes of sessions, each of which is touched, and tells what has become of their users. */
  function change(make: (touch: (member: Member) => void) => void): void {
    const were = new Map<string, User | undefined>()
    make(function (member) {
      const key = keyOf(member)
      const user = users.get(key)
      if (!were.has(key)) were.set(key, user)
      const mine = user ? user.sessions.slice() : []
      const at = mine.findIndex(({ session }) => session == member.session)
      const now = sessions.get(member.session)
      // One that changes keeps its place.
      mine.splice(at < 0 ? mine.length : at, 1, ...(now ? [now] : []))
      if (mine.length) users.set(key, { user: member.user, sessions: mine })
      else users.delete(key)
    })
    were.forEach(function (was, key) {
      const is = users.get(key)
      if (is || was) room.tell(!was ? "\njoin" : is ? "\nupdate" : "\nleave", is || was)
    })
  }

  function remove(session: string, touch: (member: Member) => void): void {
    const member = sessions.get(session)
    sessions.delete(session)
    if (member) touch(member)
  }

  function add([session, user, data]: Listed, touch: (member: Member) => void): void {
    const member = { session, user, data }
    const was = sessions.get(session)
    if (was && was.user != user) remove(session, touch)
    sessions.set(session, member)
    touch(member)
  }

  function apply({ in: came = [], out = [] }: Diff): void {
    change(function (touch) {
      out.forEach((session) => remove(session, touch))
      came.forEach((listed) => add(listed, touch))
    })
  }

  /** Takes a whole list in the place of what is known. What is the same is no news. */
  function replace(members: Listed[]): void {
    const ids = new Set(members.map(([session]) => session))
    change(function (touch) {
      Array.from(sessions.keys()).forEach((session) => ids.has(session) || remove(session, touch))
      members.forEach(function (listed) {
        const was = sessions.get(listed[0])
        if (!was || was.user != listed[1] || print(was.data) != print(listed[2])) add(listed, touch)
      })
    })
  }

  function ask(): void {
    const mine = ++asked
    early = []
    // However long it takes: nobody asks again before the next membership.
    room.call<{ members: Listed[] }>("hawser:presence", undefined, { timeout: 0 }).then(
      function ({ members }) {
        if (mine != asked) return
        const diffs = early!
        early = undefined
        replace(members)
        diffs.forEach(apply)
      },
      function () {
        // Reported already. Who is not told who is here does not know it, unless it is about to ask again.
        if (mine == asked && room.status == "joined") replace([])
      },
    )
  }

  const stops = [
    room.on(JOINED, ask),
    room.on<Diff>(PRESENCE, function (diff) {
      // What still comes of a membership that is over says nothing of the next.
      if (room.status != "joined") return
      if (early) early.push(diff)
      else apply(diff)
    }),
    room.onStatus(function ({ status }) {
      if (status != "left") return
      asked++
      sessions.clear()
      users.clear()
    }),
  ]
  if (room.status == "joined") ask()

  return {
    users: () => Array.from(users.values()),
    sessions: () => Array.from(sessions.values()),
    session: (id) => sessions.get(id),
    count: () => ({ users: users.size, sessions: sessions.size }),
    enter(data) {
      const entered = room.call("hawser:enter", { data }).then(function () {})
      entered.catch(function () {}) // reported already
      return entered
    },
    on: (event, fn) => room.on("\n" + event, fn),
    close() {
      asked++
      stops.forEach((stop) => stop())
      if (room.status == "joined") room.call("hawser:presence", { watch: false }).catch(function () {})
      known.delete(room)
    },
  }
}

/** Data as text that can be compared. */
function print(data: unknown): string {
  return JSON.stringify([data], (_, value: unknown) => (typeof value == "bigint" ? value + "n" : value))
}
