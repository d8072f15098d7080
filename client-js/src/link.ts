// Keeps one session connected: says when wires open and race, which of them is used, and what follows when they fail.

import type { Codec, Encoded } from "./codecs/codec.js"
import { type Code, type HawserError, hawserError, isHawserError } from "./errors.js"
import { Kind, type Packet } from "./packet.js"
import type { PageEvent, Platform } from "./platform.js"
import { backoff, isFinal, judge, lineup, outrun, substitute } from "./race.js"
import type { Outgoing } from "./session.js"
import { Event, initial, type State, transition } from "./state.js"
import { type Strand, strands } from "./strands.js"
import { type Auth, tokenOf } from "./token.js"
import { traffic } from "./traffic.js"
import type { Transport } from "./transports/transport.js"

/** How long a wire that was asked for has until its start, in ms. */
const START_WITHIN = 5000
/** How long `close` waits for the server to have what was sent. */
const CLOSE_WITHIN = 2000
/** How long a client must be online until its past is forgotten, and a connection last to be of use by that alone. */
const STABLE = 60000
const LASTING = 1000
/**
 * How many ms the best transport is ahead where no page came over a connection that is still open: others save few
 * round trips there, and to open all at once takes longer.
 */
const COLD_LEAD = 5
/** After how long a better transport is tried again: at first, and at most. */
const PROBE_FIRST = 30000
const PROBE_LAST = 600000

export interface LinkOptions {
  url: string
  platform: Platform
  codec: Codec
  transports: Transport[]
  auth?: Auth
  /** What the session sends. The link numbers it, and forgets it when the server has it. */
  log: Outgoing
  /** The state has changed, or the wire in use. */
  changed(state: State): void
  /** A packet for the application, in order, once. */
  packet(packet: Packet): void
  /** The session is lost. To be rejoined here is what the next one should begin with. */
  lost(): void
  /**
   * All that will be known of the lost session is known: that it had accepted that many packets, or, without a number,
   * not even that.
   */
  begun(accepted?: number): void
}

export interface Link {
  /** Begins. */
  open(): void
  /** The log has something to send. */
  wake(): void
  /** Sends a control packet on the wire in use; drops it if there is none. */
  send(packet: Encoded): void
  /** Uses these transports from now on, without losing the session. */
  use(transports: Transport[]): void
  /** Drops all wires without a word, as a network would. */
  cut(): void
  /** Ends the session, after what was sent before. */
  close(): void
  state(): State
  session(): string | undefined
  transport(): string | undefined
  /** The most bytes that a packet may have. */
  limit(): number
}

export function link(o: LinkOptions): Link {
  const { platform, codec, log } = o
  let transports = o.transports
  let state: State = initial
  let races = 0
  let failure: HawserError = hawserError("unavailable")
  let advice = 0
  let tokenRefused = false // since the last welcome
  let unwait: (() => void) | undefined // stops what the state waits for: the next race, a better transport, the end
  let probeIn = PROBE_FIRST
  let since = Infinity // when it went online
  let useful = false // whether something got across since
  let losses = 0 // how many sessions were lost since it was last online for a stable minute
  let leavePage: (() => void) | undefined

  const wires = strands(platform, (strand) => line.opening(strand), failed)
  const line = traffic(o, wires, {
    welcomed(strand, active) {
      tokenRefused = false
      const verdict = judge(wires, strand, active)
      if (verdict == "use") adopt(strand)
      else if (verdict == "ask") ask(strand)
      else if (verdict == "close") drop(strand)
    },
    arrived: adopt,
    failed,
    gone(strand) {
      if (wires.used && wires.used != strand && !wires.doubted) drop(strand)
      else lose(hawserError("unknown_outcome"))
    },
    drop,
    refused(strand, error) {
      if (!isFinal(error.code, strand.welcomed) || (wires.used && wires.used != strand)) drop(strand, error)
      else if (error.code == "unauthorized" && o.auth && !tokenRefused) {
        // It may have been too old: a fresh one is asked for, once.
        tokenRefused = true
        race()
      } else set(Event.Over, error)
    },
    lose,
    over(error, accepted) {
      if (state.kind == "closing") set(Event.Over)
      else if (error.retry) lose(error, accepted)
      else set(Event.Over, error)
    },
    goaway(within) {
      if (state.kind == "online") after(platform.random() * within, () => set(Event.Doubt))
    },
    progress() {
      useful = true
    },
    revived(strand) {
      wires.kept = undefined
      adopt(strand)
      // The server may have moved to a wire that is closed by now.
      ask(strand)
    },
    suspect: () => set(Event.Doubt),
    // The server answers an accepted use by start at once, and on the wire itself: also where a POST's answer proves
    // nothing about a stream.
    probe: () => wires.used && !wires.asked && ask(wires.used),
  })

  function set(event: Event, error?: HawserError, retryIn?: number): void {
    if (platform.now() - since >= STABLE) {
      state = transition(state, Event.Stable)
      losses = 0
    }
    const before = state
    const now = transition(state, event, error, retryIn)
    if (now == before) return
    state = now
    wires.doubted = now.kind == "doubting"
    if (now.kind == "connecting") useful = false
    if (now.kind != "doubting") since = now.kind == "online" ? Math.min(since, platform.now()) : Infinity
    o.changed(now)
    // What was told may have changed it again.
    if (state != now) return
    switch (now.kind) {
      case "connecting":
      case "doubting":
        // When the wire in use is lost under doubt, the race is on already.
        if (before.kind == "doubting" && event == Event.Lost) settle()
        else race()
        break
      case "offline":
        races++
        discardOthers()
        if (wires.used) {
          // Not proven dead: it may carry on.
          line.stop()
          wires.kept = wires.used
          wires.used = undefined
        }
        after(now.retryIn, () => set(Event.Retry))
        break
      case "parked":
        reset()
        break
      case "closing": {
        const said = codec.encode([Kind.End, "closed"])
        log.append(said, codec.size(said), Kind.End, () => set(Event.Over), "last")
        wires.used?.conn!.wake()
        after(CLOSE_WITHIN, () => set(Event.Over))
        break
      }
      case "online":
        plan()
        break
      case "closed":
        reset()
        leavePage?.()
    }
  }

  function after(ms: number, fn: () => void): void {
    unwait?.()
    unwait = platform.after(ms, fn)
  }

  /** Closes all wires and forgets all that was planned. */
  function reset(): void {
    races++
    unwait?.()
    wires.all.slice().forEach(discard)
  }

  function discard(strand: Strand): boolean {
    if (wires.used == strand) line.stop()
    return wires.discard(strand)
  }

  /** Closes all wires but the one in use. */
  function discardOthers(): void {
    wires.others().forEach(discard)
  }

  // The race

  function race(): void {
    const mine = ++races
    unwait?.()
    wires.latest++
    advice = 0
    discardOthers()
    tokenOf(o.auth).then(
      function (answer) {
        if (mine != races) return
        line.token = answer
        begin()
      },
      function (error) {
        if (mine != races) return
        // Not to know who the user is now is no refusal.
        failure = isHawserError(error) ? error : hawserError("unavailable", "auth: " + error)
        if (failure.code == "unauthorized") set(Event.Over, failure)
        else settle()
      },
    )
  }

  function begin(): void {
    const list = lineup(
      transports.filter((transport) => transport.available(platform)),
      platform.recall?.(o.url),
      !line.key(),
      platform.page ? 0 : COLD_LEAD,
    )
    if (!list.length) set(Event.Over, hawserError("bad_request", "not a transport"))
    list.forEach(([transport, delay], i) => wires.add(transport, delay, !i && !line.sid()))
  }

  function failed(strand: Strand, why: string, code?: Code): void {
    drop(strand, hawserError(code || "unavailable", strand.via.name + ": " + why))
  }

  /** A wire failed, or is not needed. */
  function drop(strand: Strand | undefined, error?: HawserError): void {
    const asked = wires.asked
    if (!strand || !discard(strand)) return
    if (error) {
      failure = error
      advice = Math.max(advice, error.retry || 0)
    }
    // The wire that was to be left may have been left already, as far as the server knows.
    if (asked == strand && wires.used) ask(wires.used)
    settle()
  }

  /** Sees what follows from the wires that are left. */
  function settle(): void {
    if (!wires.used && !wires.asked) {
      const other = substitute(wires.others())
      if (other) return ask(other)
      if (state.kind == "online" || wires.doubted)
        return set(Event.Lost, failure, advice || !(useful || platform.now() - since >= LASTING) ? retryIn() : 0)
    }
    if (wires.others().length || state.kind == "online") return
    if (!wires.used || line.suspected()) return set(Event.Failed, failure, retryIn())
    // The server may have moved to one of those that failed.
    ask(wires.used)
    set(Event.Won)
  }

  /** When to race again. Where nobody looks there is no hurry. */
  function retryIn(): number {
    return backoff(platform.hidden?.() ? Infinity : state.attempt, platform.random(), advice)
  }

  /** Asks the server to move to a wire, or to say something on the one in use. */
  function ask(strand: Strand): void {
    strand.claim = ++wires.latest
    if (strand != wires.used) {
      wires.asked = strand
      wires.expect(strand, START_WITHIN)
    }
    line.ask(strand)
  }

  /** Uses a wire from now on. */
  function adopt(strand: Strand): void {
    const before = wires.used
    strand.unwait?.()
    if (before == strand) return strand.conn!.carry()
    wires.used = strand
    if (wires.asked == strand) wires.asked = undefined
    wires.all.filter((other) => other == before || other == wires.kept || outrun(strand, other)).forEach(discard)
    platform.remember?.(o.url, strand.via.name)
    line.adopt(strand)
    set(Event.Won)
  }

  /** Plans to try better transports again. */
  function plan(): void {
    after(probeIn * (0.75 + platform.random() / 2), probe)
  }

  function probe(): void {
    const used = wires.used
    if (!used) return
    if (transports.indexOf(used.via) < 0) return set(Event.Doubt)
    transports.forEach(function (transport) {
      const open = wires.all.some((strand) => strand.via == transport)
      if (transport.rank > used.rank && transport.available(platform) && !open) wires.add(transport, 0, false)
    })
    probeIn = Math.min(probeIn * 2, PROBE_LAST)
    plan()
  }

  /** The session is lost: another one begins. */
  function lose(error: HawserError, accepted?: number): void {
    const asks = line.renew(accepted)
    reset()
    o.lost()
    if (!asks) o.begun(accepted || undefined)
    // One lost session after another must not make a client run in circles.
    set(Event.Fresh, error, error.retry || (++losses < 3 ? 0 : retryIn()))
  }

  function onPage(event: PageEvent): void {
    if (event == "wake") {
      probeIn = PROBE_FIRST
      if (state.kind == "offline") set(Event.Retry)
      else if (wires.used) line.probe()
    } else if (event == "return") set(Event.Retry)
    else {
      if (event == "leave") line.beacon([Kind.Close, "leaving"])
      set(Event.Park)
    }
  }

  return {
    open() {
      if (state != initial) return
      leavePage = platform.page?.(onPage)
      set(Event.Retry)
    },
    wake: line.wake,
    send(packet) {
      wires.used?.conn!.send(packet)
    },
    use(list) {
      transports = list
      if (state.kind == "online") set(Event.Doubt)
      else if (state.kind == "connecting" || state.kind == "doubting") race()
      else if (state != initial) set(Event.Retry)
    },
    cut() {
      wires.all.slice().forEach((strand) => failed(strand, "cut"))
    },
    close: () => set(Event.Close),
    state: () => state,
    session: line.sid,
    transport: () => wires.used?.via.name,
    limit: line.limit,
  }
}
