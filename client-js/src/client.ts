// The client as an application sees it.

import { answers } from "./answers.js"
import type { Channel, JoinOptions } from "./channel.js"
import type { Codec, Encoded } from "./codecs/codec.js"
import { emitter, type Unsubscribe } from "./emitter.js"
import { type HawserError, hawserError, tooLarge } from "./errors.js"
import { link } from "./link.js"
import { type Membership, membership } from "./membership.js"
import { isCount, Kind, type Packet } from "./packet.js"
import type { Platform } from "./platform.js"
import { type CallOptions, type Done, limitRequest, requests } from "./requests.js"
import { type Entry, outgoing, type Place } from "./session.js"
import { PRESENCE, SNAPSHOT, STATUS } from "./signals.js"
import { initial, type State, type Waiting } from "./state.js"
import { isName } from "./text.js"
import { type Auth, tokenOf } from "./token.js"
import type { Transport } from "./transports/transport.js"

/** What a client is doing, in a word. */
export type StatusName = "connecting" | "online" | "offline" | "closing" | "closed"

/** What a client is doing. */
export interface Status {
  readonly status: StatusName
  /** Of "online": the transport in use, for those who want to look. */
  readonly transport?: string | undefined
  /**
   * Of "online": whether this is still the session that it was before the connection broke. False: that one is lost,
   * and another has begun, in which what it had not accepted is sent again and channels are joined again. Absent for the
   * first session.
   */
  readonly resumed?: boolean | undefined
  /** Of "offline" and "closed": why. Absent where the application closed the client. */
  readonly error?: HawserError | undefined
  /** How many times in a row it has tried. */
  readonly attempt: number
  /** Of "offline": in how many milliseconds it tries again. */
  readonly retryIn?: number | undefined
}

export interface Options {
  /** The ways to reach the server; the best that works is used. */
  transports: Transport[]
  /** How packets travel. */
  codec: Codec
  /**
   * Says who the user is: called once a race for a connection, and when the server wants a fresh token. A rejection
   * is tried again later, unless its code is "unauthorized".
   */
  auth?: Auth
}

/**
 * A session with a server, over whatever connection works. What is sent before there is one waits, up to 1 MiB or
 * 4,096 packets, and goes out in order.
 *
 * Promises need not be awaited: a rejection that nobody handles goes to `onError`, as all do, and nowhere else.
 * Handlers run one after another, in the order in which the server sent; none is waited for.
 */
export interface Client {
  /** Resolves when there is a session for the first time; rejects if the client is closed before. */
  readonly ready: Promise<void>
  readonly status: StatusName
  /** The name of the transport in use; undefined while there is none. */
  readonly transport: string | undefined
  /** The session's public id; undefined before the first. */
  readonly session: string | undefined
  /** Listens to changes of the status, and of the transport in use. */
  onStatus(fn: (status: Status) => void): Unsubscribe
  /** Listens to all errors: rejected promises, errors of handlers. Without a listener they go to the console. */
  onError(fn: (error: HawserError | Error) => void): Unsubscribe
  /** Listens to an event that the server sends to the session. */
  on<T = unknown>(event: string, fn: (data: T) => void): Unsubscribe
  /**
   * Sends an event. Resolves when the server has it (which does not say that it was handled). Rejects with
   * `not_sent`, `unknown_outcome`, `payload_too_large` or `bad_request` when that can no longer happen.
   */
  send(event: string, data?: unknown): Promise<void>
  /** Sends an event that may be lost: it is dropped when there is no connection, and is never sent again. */
  volatile(event: string, data?: unknown): void
  /**
   * Calls a handler on the server, and resolves with its answer. Rejects with its error, or as `send` does, or with
   * `timeout` or `canceled`.
   */
  call<T = unknown>(event: string, data?: unknown, options?: CallOptions): Promise<T>
  /**
   * Answers the calls that the server makes to this event; one handler an event, the last one given. What it throws
   * is answered as an error.
   */
  handle<T = unknown>(event: string, fn: (data: T) => unknown): Unsubscribe
  /** The channel of that name: the same object each time. `Events` may say what each of its events brings. */
  channel<Events = unknown>(name: string): Channel<Events>
  /** Uses these transports from now on. The session goes on, nothing is lost. */
  use(transports: Transport[]): void
  /** Drops the connection as a network would that fails, so that one can see the session survive. */
  cut(): void
  /**
   * Ends the session once the server has what was sent before, or after 2 s. Resolves when it is over. A closed
   * client stays closed.
   */
  close(): Promise<void>
}

/** What one can do with the session, and with each of its channels. */
type Scope = { -readonly [name in "on" | "send" | "volatile" | "call"]: Client[name] }

/** What a state is called to those outside. */
function nameOf(state: State): StatusName {
  const { kind } = state
  return kind == "doubting" ? "online" : kind == "parked" ? "offline" : state == initial ? "connecting" : kind
}

/** A promise of what `begin` will be told. */
function promise<T>(begin: (done: Done) => void): Promise<T> {
  return new Promise(function (resolve, reject) {
    begin((error, data) => (error ? reject(error) : resolve(data as T)))
  })
}

/**
 * Connects to a server that is mounted at `url`, after the code that runs now: a client that is closed before leaves no
 * trace. Errors arrive by `onError` and `onStatus`.
 */
export function createClient(url: string, options: Options, platform: Platform): Client {
  const { codec } = options
  const log = outgoing()
  // Events of the session are "\n" + name, those of a channel channel + "\n" + name: no name has a control character.
  const events = emitter()
  const rooms: { [name: string]: { channel: Channel; member: Membership } } = Object.create(null)
  const members: Membership[] = []
  const asked = requests(append, log.drop)
  const replies = answers(push, report)

  let known = false // whether there was a session before
  let fresh = false // whether it was lost since
  let said = false // whether the application has sent anything, joins and leaves not counted
  let quiet = false // whether it has closed the client before it did anything
  let last = "connecting,,1" // what it is from the start
  let settleReady!: Done
  let settleClosed!: Done
  const ready = promise<void>((done) => (settleReady = done))
  // Why it will never be is reported where it is known.
  ready.catch(function () {})
  const closed = promise<void>((done) => (settleClosed = done))

  function report(error: unknown): void {
    if (!events.emit("error", error, platform.log)) platform.log(error)
  }

  /** A promise of what `begin` will be told. A rejection is reported, and never unhandled. */
  function promised<T>(begin: (done: Done) => void): Promise<T> {
    const made = promise<T>(begin)
    made.catch((error) => quiet || report(error))
    return made
  }

  const line = link({
    url: platform.resolve(url.replace(/\/?$/, "/")),
    platform,
    codec,
    transports: options.transports,
    auth: options.auth,
    log,
    changed,
    packet: (packet) => attempt(() => receive(packet)),
    lost() {
      fresh = true
      // First, so that what becomes of a join that was under way is no news to those who wait for it.
      members.forEach((member) => member.rejoin())
      replies.reset()
      log.lose()
    },
    begun(accepted) {
      const error = hawserError("unknown_outcome")
      log.recover(accepted, error)
      asked.reset(error)
    },
  })

  function changed(state: State): void {
    const name = nameOf(state)
    const live = name == "online"
    const { error, retryIn } = state as Partial<Waiting>
    const status: Status = {
      status: name,
      transport: live ? line.transport() : undefined,
      resumed: live && known ? !fresh : undefined,
      error,
      attempt: state.attempt,
      retryIn,
    }
    // Progress and doubts are no news to those outside.
    const news = [name, status.transport, live || status.attempt] + ""
    if (news == last) return
    last = news
    if (live) {
      known = true
      fresh = false
      settleReady()
    }
    if (name == "closed") finish(error)
    events.emit("status", status, report)
  }

  function finish(error: HawserError | undefined): void {
    const lost = hawserError("unknown_outcome", error?.message)
    log.end(lost, hawserError("not_sent", error?.message))
    asked.reset(lost)
    replies.reset()
    // Whoever does something for as long as we are members ends it.
    members.forEach((member) => member.left(error))
    settleReady(error || hawserError("closed"))
    if (error) report(error)
    settleClosed()
  }

  function append(packet: Packet, settle: Entry["settle"], place?: Place): Entry {
    const data = encode(packet)
    const entry = log.append(data, codec.size(data), packet[0], settle, place)
    said ||= packet[0] != Kind.Join && packet[0] != Kind.Leave
    line.wake()
    return entry
  }

  function encode(packet: Packet): Encoded {
    const data = codec.encode(packet)
    if (codec.size(data) > line.limit()) throw tooLarge(line.limit())
    return data
  }

  /** Sends a packet of which nobody asks what becomes of it. */
  function push(packet: Packet): void {
    append(packet, function () {})
  }

  function attempt(what: () => void): void {
    try {
      what()
    } catch (error) {
      report(error)
    }
  }

  function check(name: string): void {
    if (!isName(name)) throw hawserError("bad_request", "not a name")
  }

  /** Gives an object what one can do with a channel, or, for "", with the session. */
  function scope<T>(channel: string, to: T): T & Scope {
    // One by one: where syntax is lowered to ES5, a copy made by spreading evaluates getters.
    const target = to as T & Scope
    target.on = (event, fn) => events.on(channel + "\n" + event, fn)
    target.send = (event, data) =>
      promised(function (done) {
        check(event)
        append([Kind.Event, channel, event, data], done)
      })
    target.volatile = (event, data) =>
      attempt(function () {
        check(event)
        line.send(encode([Kind.Volatile, channel, event, data]))
      })
    target.call = <A>(event: string, data: unknown, { signal, timeout = 30000 }: CallOptions = {}) =>
      promised<A>(function (done) {
        check(event)
        if (!isCount(timeout)) throw hawserError("bad_request", "timeout")
        if (signal?.aborted) throw hawserError("canceled")
        const request = asked.ask([Kind.Call, 0, channel, event, timeout, data], function (error, answer) {
          stop()
          done(error, answer)
        })
        const cancel = (): void => attempt(() => push([Kind.Cancel, request.id]))
        const stop = limitRequest(platform, request, timeout, signal, cancel)
      })
    return target
  }

  function receive(packet: Packet): unknown {
    const member = rooms[packet[1] as string]?.member
    switch (packet[0]) {
      case Kind.Volatile:
      case Kind.Event:
        return deliver(packet[1], packet[2], packet[3])
      case Kind.Message:
        return member?.at(packet[2]) && deliver(packet[1], packet[3], packet[4])
      case Kind.Presence:
        return deliver(packet[1], PRESENCE, packet[2])
      case Kind.Reset:
        return member?.reset()
      case Kind.Left:
        return member?.left(hawserError(packet[2], packet[3]))
      case Kind.Call:
        return replies.call(packet[1], packet[2] ? "" : packet[3], packet[5])
      case Kind.Cancel:
        return replies.cancel(packet[1])
      case Kind.Reply:
        return asked.answer(packet[1], undefined, packet[2])
      case Kind.Error:
        return asked.answer(packet[1], hawserError(packet[2], packet[3], undefined, packet[4]))
      case Kind.Auth:
        return refresh()
    }
    return undefined
  }

  function deliver(channel: string, event: string, data: unknown): void {
    events.emit(channel + "\n" + event, data, report)
  }

  /** Gives the server the fresh token that it asked for. */
  function refresh(): void {
    tokenOf(options.auth)
      .then(function (token) {
        asked.ask(
          [Kind.Auth, 0, token || ""],
          // Another session has its own.
          (error) => error && error.code != "unknown_outcome" && report(error),
        )
      })
      .catch(report)
  }

  function room<Events>(name: string): Channel<Events> {
    check(name)
    const made = rooms[name] || (rooms[name] = makeRoom(name))
    return made.channel as Channel<Events>
  }

  function makeRoom(name: string): { channel: Channel; member: Membership } {
    const on = (signal: string) => (fn: (value: never) => void) => events.on(name + "\n" + signal, fn)
    const tell = (signal: string, value?: unknown): void => deliver(name, signal, value)
    const member = membership(name, asked, tell, promised)
    members.push(member)
    const channel = scope<Omit<Channel, keyof Scope>>(name, {
      name,
      get status() {
        return member.status()
      },
      get position() {
        return member.position()
      },
      join: <T>(data: unknown, options?: JoinOptions) => member.join(data, options?.since) as Promise<T>,
      leave: member.leave,
      publish: (event, data) =>
        promised(function (done) {
          check(event)
          asked.ask([Kind.Publish, 0, name, event, data], done)
        }),
      onSnapshot: on(SNAPSHOT),
      onStatus: on(STATUS),
      tell,
    })
    return { channel, member }
  }

  // A client that is closed at once, as React does to those of its first mount in development, opens nothing.
  Promise.resolve().then(line.open)
  return scope<Omit<Client, keyof Scope>>("", {
    ready,
    get status() {
      return nameOf(line.state())
    },
    get transport() {
      return line.transport()
    },
    get session() {
      return line.session()
    },
    onStatus: (fn) => events.on("status", fn),
    onError: (fn) => events.on("error", fn),
    handle: replies.handle,
    channel: room,
    use: line.use,
    cut: line.cut,
    close() {
      if (said) line.open()
      quiet = line.state() == initial
      line.close()
      return closed
    },
  })
}
