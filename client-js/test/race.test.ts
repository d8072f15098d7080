import assert from "node:assert/strict"
import { describe, test } from "node:test"
import {
  arrived,
  backoff,
  isFinal,
  judge,
  lineup,
  outrun,
  type Runner,
  type Standing,
  substitute,
} from "../src/race.js"

const stream = { name: "sse", rank: 2, delay: 0 }
const socket = { name: "websocket", rank: 3, delay: 0 }
const poll = { name: "polling", rank: 1, delay: 300 }

describe("the lineup", () => {
  const names = (...[remembered, alone = false, lead = 0]: [string?, boolean?, number?]) =>
    lineup([poll, socket, stream], remembered, alone, lead).map(([transport, delay]) => [transport.name, delay])

  test("stream and WebSocket at once, polling later", () => {
    assert.deepEqual(names(), [
      ["sse", 0],
      ["websocket", 0],
      ["polling", 300],
    ])
  })
  test("what is remembered first, the others 150 ms later", () => {
    assert.deepEqual(names("websocket"), [
      ["websocket", 0],
      ["sse", 150],
      ["polling", 300],
    ])
    assert.deepEqual(names("polling"), [
      ["polling", 0],
      ["sse", 150],
      ["websocket", 150],
    ])
  })
  test("what is remembered and not there changes nothing", () => {
    assert.deepEqual(names("carrier pigeon"), names())
  })
  test("without a key only one, at once", () => {
    assert.deepEqual(names("websocket", true), [["polling", 0]])
  })
  test("one transport alone does not wait for others", () => {
    assert.deepEqual(lineup([poll], undefined, false, 0), [[poll, 0]])
    assert.deepEqual(lineup([poll], undefined, false, 5), [[poll, 0]])
  })
  test("the best is ahead where that is wanted, and nothing else is remembered", () => {
    assert.deepEqual(names(undefined, false, 5), [
      ["websocket", 0],
      ["sse", 5],
      ["polling", 300],
    ])
    assert.deepEqual(names("polling", false, 5), names("polling"))
    assert.deepEqual(names(undefined, true, 5), [["polling", 0]])
  })
  test("there may be none", () => {
    assert.deepEqual(lineup([], undefined, false, 5), [])
  })
  test("does not change the list that it was given", () => {
    const list = [poll, socket, stream]
    lineup(list, "sse", false, 0)
    assert.deepEqual(list, [poll, socket, stream])
  })
})

describe("a welcome", () => {
  const runner = (rank: number, claim: number): Runner => ({ rank, claim, welcomed: true })
  const standing = (over: Partial<Standing<Runner>>): Standing<Runner> => ({ latest: 5, doubted: false, ...over })
  const used = runner(2, 4)

  test("that is active for the latest claim is believed", () => {
    assert.equal(judge(standing({}), runner(1, 5), true), "use")
  })
  test("that is active for an older claim is not", () => {
    assert.equal(judge(standing({}), runner(1, 4), true), "ask")
  })
  test("of a standby is asked for when nothing is in use: the one that is heard first counts", () => {
    assert.equal(judge(standing({}), runner(1, 5), false), "ask")
  })
  test("of a better wire is asked for", () => {
    assert.equal(judge(standing({ used }), runner(3, 5), false), "ask")
  })
  test("of a wire that is no better closes it", () => {
    assert.equal(judge(standing({ used }), runner(2, 5), false), "close")
    assert.equal(judge(standing({ used }), runner(1, 5), true), "close")
  })
  test("of any wire counts while the one in use is doubted", () => {
    assert.equal(judge(standing({ used, doubted: true }), runner(1, 5), true), "use")
    assert.equal(judge(standing({ used, doubted: true }), runner(1, 5), false), "ask")
  })
  test("waits for a better wire that was asked for", () => {
    assert.equal(judge(standing({ asked: runner(3, 5) }), runner(2, 5), false), "wait")
    assert.equal(judge(standing({ asked: runner(1, 5) }), runner(2, 5), false), "ask")
  })
  test("of a poll in use that was displaced waits for what displaced it, or asks again", () => {
    const polling = runner(1, 5)
    assert.equal(judge(standing({ used: polling, asked: runner(3, 5) }), polling, false), "wait")
    assert.equal(judge(standing({ used: polling }), polling, false), "ask")
    assert.equal(judge(standing({ used: polling }), polling, true), "use")
  })
})

test("a start moves to a wire only for the latest claim", () => {
  const asked = { rank: 3, claim: 5, welcomed: true }
  assert.equal(arrived({ latest: 5, doubted: false, asked }, asked), true)
  assert.equal(arrived({ latest: 6, doubted: false, asked }, asked), false)
  assert.equal(arrived({ latest: 5, doubted: false }, asked), false)
})

test("once a wire is in use, those that are no better are not needed", () => {
  const wires = [1, 2, 2, 3].map((rank) => ({ rank, claim: 1, welcomed: false }))
  const used = wires[1]!
  assert.deepEqual(
    wires.map((wire) => outrun(used, wire)),
    [true, false, true, false],
  )
})

test("a lost wire is followed by the best that was welcomed", () => {
  const wires = [
    { rank: 3, claim: 1, welcomed: false },
    { rank: 1, claim: 1, welcomed: true },
    { rank: 2, claim: 1, welcomed: true },
  ]
  assert.equal(substitute(wires), wires[2])
  assert.equal(substitute(wires.slice(0, 1)), undefined)
})

test("final codes", () => {
  for (const code of ["unauthorized", "forbidden", "version"]) assert.equal(isFinal(code, true), true, code)
  for (const code of ["busy", "unavailable", "leap", "recycle", "not_version"])
    assert.equal(isFinal(code, false), false, code)
  assert.equal(isFinal("protocol", false), true)
  assert.equal(isFinal("protocol", true), false)
})

test("back-off: full jitter from 1 s to 30 s, after what the server asks for", () => {
  assert.deepEqual(
    [1, 2, 3, 5, 6, 99].map((attempt) => backoff(attempt, 0.5)),
    [500, 1000, 2000, 8000, 15000, 15000],
  )
  assert.equal(backoff(1, 0), 0)
  assert.equal(backoff(1, 0.5, 3000), 3500)
})
