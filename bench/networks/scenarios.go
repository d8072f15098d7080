package main

import (
	"time"

	"github.com/hawser-go/hawser/internal/netlab"
)

// A scenario is what a network does, and what is measured then.
type scenario struct {
	name  string // for CASE=
	about string // for the page: what happens
	// quick: it takes little but must not be disturbed. Others run beside each other.
	quick      bool
	floor      bool   // a bare WebSocket is measured, too
	faults     string // from the beginning on
	experiment experiment
	in         func(contender) bool // nil: every contender takes part
}

// An experiment is what is done with a client, and what is measured.
type experiment interface {
	run(*trial) (measures, error)
}

const roundTrip = "latency:up=50ms:down=50ms:connect=100ms"

// scenarios are all, in the order of the table.
var scenarios = []scenario{
	{
		name: "clean", quick: true, floor: true, experiment: first{opens: 10},
		about: "Nothing is wrong. The median of ten connections counts.",
	},
	{
		name: "round-trip", quick: true, floor: true, faults: roundTrip, experiment: first{},
		about: "Each way takes 50 ms, and each new TCP connection 100 ms before its first byte. In Node, where nothing is connected before.",
	},
	{
		name: "browser", quick: true, faults: roundTrip, experiment: browser{}, in: func(c contender) bool { return c.browser != "" },
		about: "The same in Chromium, on a page that came from the same origin just before.",
	},
	{
		name: "refused", quick: true, faults: "upgrade-refused:status=400", experiment: first{opens: 10},
		about: "A WebSocket's upgrade is answered by 400. The median of ten connections counts.",
	},
	{
		name: "swallowed", quick: true, faults: "upgrade-swallowed", experiment: first{lifted: true},
		about: "A WebSocket's upgrade gets no answer. After the first message that is over, and the client could have a WebSocket: when has it?",
	},
	{
		name: "dropped", quick: true, faults: "frames-dropped", experiment: first{},
		about: "A WebSocket opens, and then all its frames vanish, both ways.",
	},
	{
		name: "buffered", quick: true, faults: "responses-buffered,upgrade-refused:status=400", experiment: first{},
		about: "A proxy keeps every answer to itself until it is whole, and refuses WebSockets.",
	},
	{
		name: "stalled", experiment: flow{up: true, blows: []blow{{2 * time.Second, netlab.Freeze}}},
		about: "The client sends 50 messages a second over a WebSocket. After two seconds no byte passes on it any more, either way, and nobody is told. " +
			"New connections work.",
	},
	{
		name: "frozen", experiment: flow{down: true, blows: []blow{{2 * time.Second, netlab.FreezeDown}}},
		about: "The server sends 50 messages a second over a WebSocket. After two seconds what it sends does not arrive any more; " +
			"what the client sends does. New connections work.",
	},
	{
		name: "half-open", experiment: flow{up: true, down: true, count: 1500, blows: every(5*time.Second, 5, netlab.HalfClient)},
		about: "50 messages a second each way, for 30 s. Five times, all connections are reset for the client, and the server believes them alive.",
	},
	{
		name: "uncut", faults: roundTrip, experiment: flow{up: true, down: true, count: 1500},
		about: "The same flow, with a round trip of 100 ms, and no cut: what the next is compared with.",
	},
	{
		name:       "reset",
		faults:     roundTrip,
		experiment: flow{up: true, down: true, count: 1500, blows: every(5*time.Second, 5, netlab.RST)},
		about:      "The same flow and round trip. All connections are reset every 5 s.",
	},
}

func findScenario(name string) (scenario, bool) {
	for _, s := range scenarios {
		if s.name == name {
			return s, true
		}
	}
	return scenario{}, false
}

// contenders returns who takes part.
func (s scenario) contenders() []contender {
	var all []contender
	for _, c := range contenders {
		if s.in == nil || s.in(c) {
			all = append(all, c)
		}
	}
	if s.floor {
		all = append(all, floor)
	}
	return all
}
