import { json } from "../src/codecs/json.js"
import { Kind, type Lost, type Packet } from "../src/packet.js"
import type { PageEvent, Platform, PostRequest, Socket } from "../src/platform.js"
import { type Cursor, type Incoming, incoming, type Outgoing, outgoing } from "../src/session.js"
import type { FakeClock } from "./fake-clock.js"

/** How a request is to be treated. */
export type Fault =
  /** It never arrives, and nothing is ever answered. */
  | "hang"
  /** The connection is refused. */
  | "refuse"
  /** It is processed, and the answer is lost with the connection. */
  | "lose answer"
  /** It is processed, and the answer never comes: a proxy holds it back, or the network swallows it. */
  | "swallow"
  /** This frame is the answer. */
  | { status: number; body: string }

/** A server's end of one wire. */
export interface Conn {
  path: string
  number: number
  session?: FakeSession | undefined
  cursor: Cursor
  up: number
  gone: boolean
  /** Frames that came up on it. */
  got: Packet[]
  down(packets: string[]): void
  /** Ends the connection, as a network does. */
  cut(): void
  open: boolean
}

export interface FakeSession {
  sid: string
  key: string
  out: Outgoing
  in: Incoming
  claim: number
  used?: Conn | undefined
  conns: Conn[]
  /** Numbered packets that were accepted. */
  accepted: Packet[]
  /** Sends a numbered packet. Those that answer one frame go in one frame. */
  push(packet: Packet): void
}

export interface FakeServer {
  platform: Platform
  sessions: FakeSession[]
  /** All wires, also those that are closed. */
  conns: Conn[]
  /** Decides on the fate of a request; undefined: it works. */
  fault: (path: string, body: string) => Fault | undefined
  /** Milliseconds each way. */
  delay: number
  /** By how many milliseconds more what comes down is late. */
  lag: (path: string) => number
  /** What is called with each packet that was accepted. */
  handle: (session: FakeSession, packet: Packet) => void
  /** Whether an accepted packet is acknowledged on a WebSocket at once. */
  acknowledges: boolean
  limit: number
  page(event: PageEvent): void
  /** Ends all sessions, and remembers what they had accepted. */
  expire(): void
  /** Forgets all sessions, as a server that restarts. */
  forget(): void
  logged: unknown[]
}

export function fakeServer(clock: FakeClock): FakeServer {
  let keys = 0
  let sids = 0
  const past: FakeSession[] = []
  let toPage: (event: PageEvent) => void = () => {}
  let answering: FakeSession | undefined // what it is sent waits for all that is to be sent

  const server: FakeServer = {
    sessions: [],
    conns: [],
    fault: () => undefined,
    delay: 5,
    lag: () => 0,
    acknowledges: true,
    limit: 1 << 20,
    handle(session, packet) {
      if (packet[0] == Kind.Call && packet[3] == "echo") session.push([Kind.Reply, packet[1], packet[5]])
      if (packet[0] == Kind.Join) session.push([Kind.Reply, packet[1], { epoch: "e", offset: 7, recovered: true }])
      if (packet[0] == Kind.Leave) session.push([Kind.Reply, packet[1], undefined])
    },
    page: (event) => toPage(event),
    expire() {
      while (server.sessions.length) end(0)
    },
    forget() {
      past.length = server.sessions.length = 0
    },
    logged: [],
    platform: {
      post,
      WebSocket: FakeSocket as never,
      resolve: (url) => "http://fake" + url,
      after: clock.after,
      now: clock.now,
      random: () => 0.5,
      secret: (n) => Array.from({ length: n }, () => keys++),
      page(fn) {
        toPage = fn
        return () => {
          toPage = () => {}
        }
      },
      log: (error) => server.logged.push(error),
    },
  }

  function conn(path: string, down: (packets: string[]) => void, cut: () => void): Conn {
    const made: Conn = {
      path,
      number: 0,
      cursor: { next: 0 },
      up: 0,
      gone: false,
      got: [],
      open: true,
      down,
      cut() {
        detach(made)
        cut()
      },
    }
    server.conns.push(made)
    return made
  }

  function detach(wire: Conn): void {
    wire.open = false
    if (wire.session?.used == wire) wire.session.used = undefined
  }

  const send = (wire: Conn, packet: Packet) => wire.down([String(json.encode(packet))])

  function flush(session: FakeSession): void {
    const wire = session.used
    if (!wire) return
    const packets: string[] = []
    for (let entry = session.out.next(Infinity); entry; entry = session.out.next(Infinity)) {
      if (wire.up != entry.n) packets.push(String(json.encode([Kind.Start, entry.n])))
      wire.up = entry.n + 1
      packets.push(String(entry.data))
    }
    if (packets.length) wire.down(packets)
  }

  function take(session: FakeSession, wire: Conn, claim: number, recv: number): boolean {
    session.out.ack(recv)
    if (claim < session.claim || (claim == session.claim && session.used)) return false
    session.claim = claim
    const displaced = session.used
    session.used = wire
    wire.up = 0
    session.out.attach()
    // A poll that is displaced is answered at once, empty.
    if (displaced && displaced != wire && displaced.path == "poll") {
      send(displaced, welcome(session, false, true))
    }
    return true
  }

  /** Ends a session: what still comes up on its wires is not heard. */
  function end(i: number): void {
    const [session] = server.sessions.splice(i, 1) as [FakeSession]
    session.conns.forEach(detach)
    past.push(session)
  }

  /** How much of a lost session was accepted. It is over now. */
  function acceptedOf(lost: Lost): number | undefined {
    const i = server.sessions.findIndex((other) => other.sid === lost.sid)
    if (i >= 0) end(i)
    return past.find((other) => other.sid === lost.sid && other.key === lost.key)?.in.received()
  }

  function welcome(session: FakeSession, active: boolean, resumed: boolean, lost?: Lost): Packet {
    return [
      Kind.Welcome,
      {
        accepted: lost && acceptedOf(lost),
        v: 1,
        sid: session.sid,
        recv: session.in.received(),
        active,
        resumed,
        heartbeat: 25000,
        resumeFor: 120000,
        limits: { frame: server.limit },
        generation: 1,
      } as never,
    ]
  }

  function create(key: string): FakeSession {
    const session: FakeSession = {
      sid: "s" + ++sids + "-" + key.slice(-4),
      key,
      out: outgoing(),
      in: incoming(),
      claim: 0,
      conns: [],
      accepted: [],
      push(packet) {
        const data = json.encode(packet)
        session.out.append(data, json.size(data), packet[0], () => {})
        if (answering != session) flush(session)
      },
    }
    server.sessions.push(session)
    return session
  }

  /** Takes a frame that came up. For a POST to send, returns what is owed. */
  function receive(wire: Conn, frame: string): void {
    for (const packet of json.decode(frame)) {
      wire.got.push(packet)
      const { session } = wire
      switch (packet[0]) {
        case Kind.Hello: {
          const { key, sid, claim, recv, wire: number, lost } = packet[1]
          const known = server.sessions.find((other) => other.key === key && (!sid || other.sid === sid))
          // The key of a session that has ended is gone, too.
          wire.gone = !known && (!!sid || wire.path == "send" || past.some((other) => other.key === key))
          if (wire.gone) {
            send(wire, [Kind.Gone])
            break
          }
          const joined = known ?? create(key ?? "server-made-key")
          wire.session = joined
          wire.number = number
          if (wire.path == "send") break
          joined.conns.push(wire)
          const active = take(joined, wire, claim, recv)
          const answer = welcome(joined, active, !!sid, lost)
          if (!key) (answer[1] as { key?: string }).key = joined.key
          // A poll that is held answers when something comes.
          if (wire.path == "poll" && active && packet[1].wait && !joined.out.waiting()) break
          send(wire, answer)
          if (active) flush(joined)
          break
        }
        case Kind.Use: {
          const other = session?.conns.find((one) => one.number == packet[1] && one.open)
          if (other && take(session!, other, packet[2], packet[3])) {
            const n = session!.out.acked() + 1
            other.up = n
            send(other, [Kind.Start, n])
            flush(session!)
          }
          break
        }
        case Kind.Start:
          if (session) session.in.start(wire.cursor, packet[1])
          break
        case Kind.Ack:
          session?.out.ack(packet[1])
          break
        case Kind.Ping:
          send(wire, [Kind.Pong, packet[1]])
          break
        default:
          if (packet[0] < Kind.Event || wire.gone || !session) break
          if (session.in.accept(wire.cursor)) {
            session.accepted.push(packet)
            answering = session
            server.handle(session, packet)
          }
      }
    }
    answering = undefined
    if (wire.session) flush(wire.session)
    if (wire.path == "websocket" && wire.session && server.acknowledges)
      send(wire, [Kind.Ack, wire.session.in.received()])
  }

  function post(request: PostRequest): () => void {
    let aborted = false
    const { pathname } = new URL(request.url)
    const path = pathname.split("/").pop()!
    const body = String(request.body)
    const fault = server.fault(path, body)
    const later = (fn: () => void) => clock.after(server.delay, () => aborted || fn())
    const fail = () => later(() => request.done(true))
    if (fault == "hang") return () => (aborted = true)
    if (fault == "refuse") {
      fail()
      return () => (aborted = true)
    }
    if (typeof fault == "object") {
      later(() => {
        request.data(fault.body, fault.status)
        request.done(false)
      })
      return () => (aborted = true)
    }

    const answer: string[] = []
    let answered = false
    const wire = conn(
      path,
      (packets) => {
        if (fault == "swallow" || !wire.open) return
        if (path == "sse") {
          const event = packets.join("\n").replace(/^/gm, "data: ") + "\n\n"
          clock.after(server.delay + server.lag(path), () => aborted || request.data(event, 200))
          return
        }
        // A poll's welcome and its batch are one frame.
        if (wire.session && !answer.length && path == "poll" && !packets[0]!.startsWith(`[${Kind.Welcome},`))
          answer.push(String(json.encode(welcome(wire.session, true, true))))
        answer.push(...packets)
        if (path == "poll" && !answered) {
          answered = true
          clock.after(0, finish)
        }
      },
      fail,
    )
    let finished = false
    function finish(): void {
      if (aborted || finished) return
      finished = true
      detach(wire)
      if (fault == "lose answer") return void fail()
      if (fault == "swallow") return
      later(() => {
        request.data(answer.join("\n"), 200)
        request.done(false)
      })
    }
    clock.after(server.delay, () => {
      receive(wire, body)
      if (path == "send") {
        if (wire.session) answer.unshift(String(json.encode([Kind.Ack, wire.session.in.received()])))
        finish()
      }
      if (path == "poll" && fault == "lose answer") finish()
    })
    return () => {
      aborted = true
      clock.after(server.delay, () => detach(wire))
    }
  }

  function FakeSocket(this: Socket, _url: string): Socket {
    let open = true
    const later = (fn: () => void) => clock.after(server.delay, () => open && fn())
    const fault = server.fault("websocket", "")
    const wire = conn(
      "websocket",
      (packets) => {
        if (fault != "swallow" && wire.open) later(() => socket.onmessage?.({ data: packets.join("\n") }))
      },
      () => later(() => socket.onclose?.()),
    )
    const socket: Socket = {
      binaryType: "",
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send(frame) {
        const text = String(frame)
        clock.after(server.delay, () => wire.open && receive(wire, text))
      },
      close() {
        open = false
        clock.after(server.delay, () => detach(wire))
      },
    }
    if (fault == "refuse") later(() => socket.onclose?.())
    else if (fault != "hang") later(() => socket.onopen?.())
    return socket
  }

  return server
}
