// What a page does, in whatever browser: numbers go both ways, while the session is cut, unplugged and moved from
// transport to transport. run.mjs lowers it to ES5. Of what is later it uses nothing but the promises of the client,
// which brings its own.

import type { Client, Codec, Transport } from "../../../src/index.js"

export type Name = "webSocket" | "sse" | "polling"

/** What happens to the session on the way; "unplug" is for the driver to do, and to undo. */
export type Deed = "cut" | "unplug" | { readonly use: Name }

export interface Plan {
  /** Of this voyage alone: the server knows its numbers by it. */
  readonly run: string
  /** The client's, below the mount. */
  readonly bundle: "hawser.js" | "hawser.msgpack.js" | "hawser.legacy.js"
  readonly codec: "json" | "msgpack"
  /** All that the bundle uses by itself, unless given. */
  readonly transports?: readonly Name[]
  /** The transport to wait for at first, by the name that the client gives it. */
  readonly begins: string
  readonly deeds: readonly Deed[]
  /** How many numbers go each way, at least; more where the deeds take longer. */
  readonly count: number
}

/** What the session was like when a step was done. */
export interface Entry {
  readonly step: string
  readonly transport: string | undefined
  readonly session: string | undefined
  /** Of the page's numbers, those that the server has acknowledged; of the server's, those that have arrived. */
  readonly up: number
  readonly down: number
  /** How often there was no transport in use. */
  readonly losses: number
}

/** How far a voyage is. */
export interface Report {
  /** What is waited for now; "arrived" at the end. */
  step: string
  log: Entry[]
  errors: string[]
  /** How many numbers went up, and what the server says at the end: those that it has, and who it thinks we are. */
  sent: number
  list: number[]
  whoami?: { session: string; transport: string; codec: string }
  /** What arrived, and how many numbers were asked for. */
  ticks: number[]
  asked: number
}

export interface Voyage {
  embark(plan: Plan): void
  /** The report so far, as JSON. */
  report(): string
  /** The driver has done what the step asks for. */
  done(): void
}

/** Numbers a second, each way; how many come down for one call; how many further the session is between two deeds. */
const HZ = 150
const PART = 100
const LEG = 30

interface Step {
  readonly what: string
  begin?(): void
  over(): boolean
}

const report: Report = { step: "loads", log: [], errors: [], sent: 0, list: [], ticks: [], asked: 0 }
let granted = false // by the driver

window.onerror = function (message) {
  report.errors.push(String(message))
}

function embark(plan: Plan): void {
  const script = document.createElement("script")
  script.onload = () => sail(plan)
  script.onerror = () => report.errors.push("there is no " + plan.bundle)
  script.src = "/realtime/" + plan.bundle
  document.body.appendChild(script)
}

function sail({ run, codec, transports, begins, deeds, count }: Plan): void {
  const { hawser } = window as unknown as {
    hawser: { connect(url: string, options: object): Client; msgpack?: Codec } & { [name in Name]: () => Transport }
  }
  const client = hawser.connect("/realtime", {
    codec: codec == "msgpack" ? hawser.msgpack : undefined,
    transports: transports && transports.map((name) => hawser[name]()),
  })
  let losses = 0
  let acknowledged = 0
  client.onStatus(function (status) {
    if (!status.transport) losses++
  })
  client.onError((error) => report.errors.push(String(error)))
  client.on<{ n: number }>("tick", ({ n }) => report.ticks.push(report.asked - PART + n))

  // Numbers go up by the clock, and come down part by part, until all is done.
  const began = Date.now()
  function flow(): void {
    const due = ((Date.now() - began) / 1000) * HZ
    while (report.sent < due) client.send("num", { run, n: ++report.sent }).then(() => acknowledged++)
    if (report.ticks.length >= report.asked) {
      report.asked += PART
      client.call("ticks", { run, count: PART, hz: HZ })
    }
  }

  /** How many numbers are still to come down. */
  const ahead = (): number => report.asked - report.ticks.length
  let target = 0
  /** So many numbers further both ways, and in the middle of a part: in mid-stream. */
  const leg: Step = {
    what: "numbers both ways",
    begin() {
      target = Math.min(acknowledged, report.ticks.length) + LEG
    },
    over: () => acknowledged >= target && report.ticks.length >= target && ahead() < PART && ahead() >= PART / 2,
  }
  const online = (what: string): Step => ({ what, over: () => client.status == "online" })
  const asks = (what: string): Step => ({
    what,
    begin() {
      granted = false
    },
    over: () => granted,
  })
  let before = 0
  const lost: Step = { what: "is lost", over: () => losses > before }

  function stepsOf(deed: Deed): Step[] {
    if (deed == "cut") {
      const cut: Step = {
        what: "cut",
        begin() {
          before = losses
          client.cut()
        },
        over: () => true,
      }
      return [leg, cut, lost, online("back after a cut")]
    }
    if (deed == "unplug") {
      const unplug = asks("unplug")
      const watch: Step = { ...unplug, begin: () => ((before = losses), unplug.begin!()) }
      return [leg, watch, lost, asks("plug in"), online("back after unplugging")]
    }
    const transport = hawser[deed.use]()
    const move: Step = {
      what: "moves to " + transport.name,
      begin: () => client.use([transport]),
      over: () => client.transport == transport.name,
    }
    return [leg, move]
  }

  let steps: Step[] = [{ what: "begins by " + begins, over: () => client.transport == begins }]
  deeds.forEach((deed) => {
    steps = steps.concat(stepsOf(deed))
  })
  steps.push(leg, { what: "enough", over: () => acknowledged >= count && report.ticks.length >= count })

  let at = -1
  const timer = setInterval(function () {
    while (at < 0 || steps[at]!.over()) {
      if (at >= 0) note()
      const next = steps[++at]
      if (!next) return land()
      report.step = next.what
      if (next.begin) next.begin()
    }
    flow()
  }, 5)

  function note(): void {
    const { transport, session } = client
    const { what } = steps[at]!
    report.log.push({ step: what, transport, session, up: acknowledged, down: report.ticks.length, losses })
  }

  /** Waits for what is under way, and asks the server what it has. */
  function land(): void {
    clearInterval(timer)
    report.step = "the last numbers"
    const last = setInterval(function () {
      if (acknowledged < report.sent || report.ticks.length < report.asked) return
      clearInterval(last)
      client.call<{ list: number[] }>("nums", { run }).then(function ({ list }) {
        report.list = list
        // Handled after everything before it: what was doubled would have come by now.
        client.call<Report["whoami"]>("whoami").then(function (whoami) {
          report.whoami = whoami!
          report.step = "arrived"
        })
      })
    }, 5)
  }
}

;(window as unknown as { voyage: Voyage }).voyage = {
  embark,
  report: () => JSON.stringify(report),
  done() {
    granted = true
  },
}
