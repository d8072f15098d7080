import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { hawserError } from "../src/errors.js"
import { Event, initial, type State, transition } from "../src/state.js"

const error = hawserError("unavailable")
const before = hawserError("timeout")

const states = {
  connecting: { kind: "connecting", attempt: 2 },
  connected: { kind: "online", attempt: 2 },
  worked: { kind: "online", attempt: 0 },
  doubting: { kind: "doubting", attempt: 0 },
  waiting: { kind: "offline", attempt: 2, retryIn: 5, error: before },
  parked: { kind: "parked", attempt: 2 },
  closing: { kind: "closing", attempt: 0 },
  closed: { kind: "closed", attempt: 0 },
} satisfies Record<string, State>

const same = Symbol("the state does not change")
const connecting = (attempt: number): State => ({ kind: "connecting", attempt })
const waiting = (attempt: number): State => ({ kind: "offline", attempt, retryIn: 7, error })
const closed = (attempt: number): State => ({ kind: "closed", attempt })

type Row = Record<keyof typeof states, State | typeof same>

const table: Record<keyof typeof Event, Row> = {
  Won: {
    connecting: { kind: "online", attempt: 2 },
    connected: { kind: "online", attempt: 2 },
    worked: { kind: "online", attempt: 0 },
    doubting: { kind: "online", attempt: 0 },
    waiting: { kind: "online", attempt: 2 },
    parked: { kind: "online", attempt: 2 }, // but it has no wire that could
    closing: same,
    closed: same,
  },
  Stable: {
    connecting: same,
    connected: { kind: "online", attempt: 0 },
    worked: same,
    doubting: same,
    waiting: same,
    parked: same,
    closing: same,
    closed: same,
  },
  Doubt: {
    connecting: same,
    connected: { kind: "doubting", attempt: 2 },
    worked: { kind: "doubting", attempt: 0 },
    doubting: same,
    waiting: same,
    parked: same,
    closing: same,
    closed: same,
  },
  Lost: {
    connecting: same,
    connected: waiting(2),
    worked: waiting(0),
    doubting: connecting(1),
    waiting: same,
    parked: same,
    closing: same,
    closed: same,
  },
  Failed: {
    connecting: waiting(2),
    connected: same,
    worked: same,
    doubting: waiting(0),
    waiting: same,
    parked: same,
    closing: closed(0),
    closed: same,
  },
  Fresh: {
    connecting: waiting(2),
    connected: waiting(2),
    worked: waiting(0),
    doubting: waiting(0),
    waiting: waiting(2),
    parked: waiting(2),
    closing: closed(0),
    closed: same,
  },
  Retry: {
    connecting: same,
    connected: same,
    worked: same,
    doubting: same,
    waiting: connecting(3),
    parked: connecting(3),
    closing: same,
    closed: same,
  },
  Park: {
    connecting: { kind: "parked", attempt: 2 },
    connected: { kind: "parked", attempt: 2 },
    worked: { kind: "parked", attempt: 0 },
    doubting: { kind: "parked", attempt: 0 },
    waiting: { kind: "parked", attempt: 2 },
    parked: { kind: "parked", attempt: 2 },
    closing: closed(0),
    closed: same,
  },
  Close: {
    connecting: { kind: "closing", attempt: 2 },
    connected: { kind: "closing", attempt: 2 },
    worked: { kind: "closing", attempt: 0 },
    doubting: { kind: "closing", attempt: 0 },
    waiting: closed(2),
    parked: closed(2),
    closing: same,
    closed: same,
  },
  Over: {
    connecting: { ...closed(2), error },
    connected: { ...closed(2), error },
    worked: { ...closed(0), error },
    doubting: { ...closed(0), error },
    waiting: { ...closed(2), error },
    parked: { ...closed(2), error },
    closing: { ...closed(0), error },
    closed: same,
  } as Row,
}

for (const [event, row] of Object.entries(table)) {
  describe(event, () => {
    for (const [name, expected] of Object.entries(row)) {
      test(name, () => {
        const state = states[name as keyof typeof states]
        const next = transition(state, Event[event as keyof typeof Event], error, 7)
        if (expected === same) assert.equal(next, state)
        else assert.deepEqual(next, expected)
      })
    }
  })
}

test("a client begins by racing", () => {
  assert.deepEqual(transition(initial, Event.Retry), connecting(1))
})

test("a connection of use is no attempt that failed: another race begins at once", () => {
  assert.deepEqual(transition(states.connected, Event.Lost, error), connecting(2))
  assert.deepEqual(transition(states.worked, Event.Lost, error), connecting(1))
  assert.deepEqual(transition({ kind: "online", attempt: 9 }, Event.Lost, error), connecting(2))
})

test("a lost session that the server gives no advice for is followed by a race at once", () => {
  assert.deepEqual(transition(states.worked, Event.Fresh, error), connecting(1))
})
