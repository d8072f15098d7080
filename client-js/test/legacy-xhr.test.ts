import assert from "node:assert/strict"
import { afterEach, beforeEach, describe, test } from "node:test"
import { MAX_STREAM, readsWhileLoading, xhrPost } from "../src/legacy/xhr.js"
import type { PostRequest } from "../src/platform.js"

/** Requests that were made, whose server is the test. */
let requests: FakeXHR[]

class FakeXHR {
  readyState = 0
  status = 0
  onreadystatechange: (() => void) | null = null
  aborted = false
  log: string[] = []
  #text = ""

  constructor() {
    requests.push(this)
  }

  get responseText(): string {
    return this.#text
  }

  open(method: string, url: string, async: boolean): void {
    this.log.push(`${method} ${url} ${async ? "async" : "sync"}`)
    this.go(1)
  }

  setRequestHeader(name: string, value: string): void {
    this.log.push(`${name}: ${value}`)
  }

  send(body: string): void {
    this.log.push(body)
  }

  abort(): void {
    this.aborted = true
    this.end(0)
  }

  /** More of the answer comes. */
  receive(text: string): void {
    this.status = 200
    this.#text += text
    this.go(3)
  }

  /** The answer ends; with status 0 the network fails. */
  end(status: number): void {
    this.status = status
    if (!status) this.#text = ""
    this.go(4)
  }

  go(readyState: number): void {
    this.readyState = readyState
    this.onreadystatechange?.()
  }
}

/** As browsers have it since Internet Explorer 10; the events of progress repeat what readyState says. */
class ProgressiveXHR extends FakeXHR {
  onprogress: (() => void) | null = null

  override go(readyState: number): void {
    super.go(readyState)
    if (readyState === 3) this.onprogress?.()
  }
}

/** As in Internet Explorer 9: reading before the end throws. */
class OldXHR extends FakeXHR {
  override get responseText(): string {
    if (this.readyState < 4) throw new Error("the data is not available yet")
    return super.responseText
  }
}

/** An XMLHttpRequest that a policy forbids. */
class ForbiddenXHR extends FakeXHR {
  override open(): void {
    throw new Error("access is denied")
  }
}

const globals = globalThis as { XMLHttpRequest?: unknown }

beforeEach(() => {
  requests = []
  globals.XMLHttpRequest = ProgressiveXHR
})

afterEach(() => {
  delete globals.XMLHttpRequest
})

/** Makes a request, and notes what comes of it. */
function post(change: Partial<PostRequest> = {}): { xhr: FakeXHR; seen: unknown[]; abort: () => void } {
  const seen: unknown[] = []
  const abort = xhrPost({
    url: "/realtime/poll",
    body: "[0,{}]",
    binary: false,
    stream: false,
    data: (chunk, status) => seen.push([chunk, status]),
    done: (failed) => seen.push(failed ? "failed" : "done"),
    ...change,
  })
  return { xhr: requests.at(-1)!, seen, abort }
}

test("sends the body as plain text, which needs no preflight", () => {
  const { xhr, seen } = post()
  assert.deepEqual(xhr.log, ["POST /realtime/poll async", "Content-Type: text/plain;charset=UTF-8", "[0,{}]"])
  assert.deepEqual(seen, [])
})

test("an answer comes whole, with its status", () => {
  const { xhr, seen } = post()
  xhr.receive("[1,")
  assert.deepEqual(seen, [])
  xhr.receive("{}]")
  xhr.end(400)
  assert.deepEqual(seen, [["[1,{}]", 400], "done"])
})

test("an answer without body is an empty one; a stream without body is only over", () => {
  for (const stream of [false, true]) {
    const { xhr, seen } = post({ stream })
    xhr.end(502)
    assert.deepEqual(seen, stream ? ["done"] : [["", 502], "done"])
  }
})

test("a network that fails is told once", () => {
  const { xhr, seen } = post()
  xhr.end(0)
  xhr.go(4)
  assert.deepEqual(seen, ["failed"])
})

test("nothing is told after an abort", () => {
  const { xhr, seen, abort } = post({ stream: true })
  xhr.receive("a")
  abort()
  assert.equal(xhr.aborted, true)
  xhr.end(200)
  assert.deepEqual(seen, [["a", 200]])
})

describe("a streamed answer", () => {
  test("comes piece by piece, each once", () => {
    const { xhr, seen } = post({ stream: true })
    xhr.receive("data: 1\n\n")
    xhr.receive("data: 2\n\n")
    xhr.end(200)
    assert.deepEqual(seen, [["data: 1\n\n", 200], ["data: 2\n\n", 200], "done"])
  })

  test("that breaks has failed, and keeps what came", () => {
    const { xhr, seen } = post({ stream: true })
    xhr.receive("data: 1\n\n")
    xhr.end(0)
    assert.deepEqual(seen, [["data: 1\n\n", 200], "failed"])
  })

  test("whose reader aborts within a piece says nothing more", () => {
    const seen: unknown[] = []
    const request = post({
      stream: true,
      data: (chunk) => {
        seen.push(chunk)
        request.abort()
      },
      done: () => seen.push("done"),
    })
    request.xhr.receive("bad")
    request.xhr.end(200)
    assert.deepEqual(seen, ["bad"])
  })

  test("that the browser would keep for ever is ended, in good order", () => {
    const { xhr, seen } = post({ stream: true, data: () => {} })
    const piece = "x".repeat(MAX_STREAM / 2)
    xhr.receive(piece)
    xhr.receive(piece)
    assert.equal(xhr.aborted, false)
    xhr.receive("x")
    assert.equal(xhr.aborted, true)
    assert.deepEqual(seen, ["done"])
  })

  test("is not touched before its end where that throws", () => {
    globals.XMLHttpRequest = OldXHR
    assert.equal(readsWhileLoading(), false)
    const { xhr, seen } = post({ stream: true })
    xhr.receive("data: 1\n\n")
    assert.deepEqual(seen, [])
    xhr.end(200)
    assert.deepEqual(seen, [["data: 1\n\n", 200], "done"])
  })
})

test("a request that may not be made fails later, not at once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  globals.XMLHttpRequest = ForbiddenXHR
  const { seen } = post()
  assert.deepEqual(seen, [])
  t.mock.timers.tick(0)
  assert.deepEqual(seen, ["failed"])
})

describe("a farewell", () => {
  const page = Object.getOwnPropertyDescriptor(globalThis, "navigator")
  const setNavigator = (value: unknown) => Object.defineProperty(globalThis, "navigator", { value, configurable: true })

  afterEach(() => {
    if (page) Object.defineProperty(globalThis, "navigator", page)
    else delete (globalThis as { navigator?: unknown }).navigator
  })

  test("is a beacon", () => {
    const beacons: unknown[] = []
    setNavigator({ sendBeacon: (...beacon: unknown[]) => beacons.push(beacon) })
    post({ keepalive: true, url: "/realtime/send" })
    assert.deepEqual(beacons, [["/realtime/send", "[0,{}]"]])
    assert.equal(requests.length, 0)
  })

  test("makes the page wait where there are no beacons, and throws nothing", () => {
    setNavigator({})
    const { xhr } = post({ keepalive: true, url: "/realtime/send" })
    assert.equal(xhr.log[0], "POST /realtime/send sync")
    globals.XMLHttpRequest = ForbiddenXHR
    assert.deepEqual(post({ keepalive: true }).seen, [])
  })
})
