// A page as Internet Explorer 9 has it, in ES5, for engines that know nothing of browsers: timers on a clock that leaps
// to the next one, and an XMLHttpRequest with a server behind it that speaks just enough of docs/protocol.md for one
// client that polls. It stands before the bundle; run(), after it, lets time pass until nothing waits or `until` says
// so.

var window = this

// Engines that know some of what came later forget it.
var later = "ArrayBuffer Map Promise Proxy Reflect Set Symbol TextDecoder TextEncoder Uint8Array performance"
later.split(" ").forEach(function (name) {
  window[name] = undefined
})

var location = { href: "http://old.test/page", protocol: "http:", host: "old.test", pathname: "/page" }
var document = {
  hidden: false,
  addEventListener: function () {},
  createElement: function () {
    return {} // an anchor, whose href needs no resolving here
  },
}
var navigator = { userAgent: "old" }

function addEventListener() {}

var clock = 1000
var timers = []

Date.now = function () {
  return clock
}

function setTimeout(fn, ms) {
  var timer = { fn: fn, at: clock + (ms || 0), id: (setTimeout.last = (setTimeout.last || 0) + 1) }
  timers.push(timer)
  return timer.id
}

function clearTimeout(id) {
  timers = timers.filter(function (timer) {
    return timer.id !== id
  })
}

function run(until) {
  for (var steps = 0; timers.length && !until(); steps++) {
    if (steps > 10000) throw new Error("the page never comes to rest")
    timers.sort(function (a, b) {
      return a.at - b.at || a.id - b.id
    })
    var next = timers.shift()
    clock = Math.max(clock, next.at)
    next.fn()
  }
}

// The server: one session, which answers the call echo(x) by x, and the call bytes by four bytes.
var server = {
  polls: 0,
  keyless: 0,
  accepted: 0,
  log: [], // numbered packets that go down
  held: null,

  welcome: function (hello) {
    return JSON.stringify([
      1,
      {
        v: 1,
        sid: "session",
        key: hello.key ? undefined : "AAAAAAAAAAAAAAAAAAAAAA",
        recv: server.accepted,
        active: true,
        resumed: !!hello.sid,
        heartbeat: 25000,
        resumeFor: 120000,
        limits: { frame: 1048576 },
        generation: 1,
      },
    ])
  },

  batch: function (hello) {
    var after = server.log.slice(hello.recv)
    return after.length ? "\n[3," + (hello.recv + 1) + "]\n" + after.join("\n") : ""
  },

  receive: function (packets) {
    var next = 0
    packets.forEach(function (packet) {
      if (packet[0] === 3) next = packet[1]
      if (packet[0] < 32 || next++ !== server.accepted + 1) return
      server.accepted++
      if (packet[0] !== 33) return
      var answer = packet[3] === "bytes" ? ["AQID/w==", 1] : [packet[5]]
      server.log.push(JSON.stringify([34, packet[1]].concat(answer)))
    })
  },

  request: function (url, body, answer) {
    var packets = body.split("\n").map(function (line) {
      return JSON.parse(line)
    })
    var hello = packets[0][1]
    var known = server.log.length
    server.receive(packets)
    if (/\/poll\?/.test(url)) {
      server.polls++
      if (!hello.key) server.keyless++
      var respond = function () {
        if (server.held !== respond) return
        server.held = null
        answer(server.welcome(hello) + server.batch(hello))
      }
      server.held = respond
      if (!hello.wait || server.log.length > hello.recv) setTimeout(respond, 1)
      else setTimeout(respond, hello.wait)
    } else {
      answer("[5," + server.accepted + "]")
      if (server.log.length > known && server.held) setTimeout(server.held, 1)
    }
  },
}

function XMLHttpRequest() {
  this.readyState = 0
  this.status = 0
}
XMLHttpRequest.prototype = {
  open: function (method, url) {
    this.url = url
  },
  setRequestHeader: function () {},
  abort: function () {
    this.aborted = true
  },
  send: function (body) {
    var xhr = this
    server.request(xhr.url, body, function (text) {
      setTimeout(function () {
        if (xhr.aborted) return
        xhr.readyState = 4
        xhr.status = 200
        xhr.responseText = text
        xhr.onreadystatechange()
      }, 1)
    })
  },
}
