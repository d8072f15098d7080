package plan

import (
	"time"

	"github.com/hawser-go/hawser/bench/internal/load"
)

// A Workload is what is done with several servers, to compare them.
type Workload struct {
	Name        string
	Servers     []string
	Connections int
	Rooms       int
	TLS         bool
	Client      string // the engine in which one client in JavaScript is measured; "": the load generator's clients
	Once        bool   // it repeats itself within a trial
	Phases      []load.Phase
}

// Times are how long things take in a run.
type Times struct {
	Warm, For time.Duration // of a phase with deliveries
	Idle      time.Duration // before memory is measured
	Crowd     int           // how many connections are many
}

// The times of a run as it counts, and of one that takes minutes.
var (
	Full  = Times{Warm: 500 * time.Millisecond, For: 2 * time.Second, Idle: 4 * time.Second, Crowd: 10_000}
	Quick = Times{Warm: 200 * time.Millisecond, For: 500 * time.Millisecond, Idle: 3 * time.Second, Crowd: 2_000}
)

var (
	messengers = []string{
		"hawser", "hawser-msgpack", "centrifuge", "centrifuge-tuned", "centrifuge-protobuf",
		"gws", "gorilla", "melody", "coder", "ws", "socketio",
	}
	inGo      = []string{"hawser", "hawser-msgpack", "centrifuge", "centrifuge-tuned", "gws", "gorilla", "melody", "coder"}
	streams   = []string{"hawser-sse", "centrifuge-stream"}
	polls     = []string{"hawser-poll", "socketio-poll"}
	responses = append(polls, streams...)
	inScript  = []string{"bare-websocket", "hawser", "hawser-msgpack", "hawser-sse", "hawser-sse-msgpack"}
)

// Equal is the rate, in deliveries a second, at which the latencies of all servers are compared.
const Equal = 50_000

// Important is how many of the workloads a quick run takes.
const Important = 6

// Workloads returns what is measured, in the order of importance.
func Workloads(t Times) []Workload {
	one := load.Phase{Kind: load.FanOut, InFlight: 1, Warm: t.Warm, For: t.For}
	many := one
	many.InFlight = 16
	equal := load.Phase{Kind: load.Paced, Rate: Equal, Warm: t.Warm, For: t.For}
	half := equal
	half.Rate = 0.5
	idle := []load.Phase{{Kind: load.Idle, For: t.Idle}}
	return []Workload{
		{Name: "fan-out-1000", Servers: with("floor", messengers), Connections: 1000,
			Phases: []load.Phase{one, many, equal, half}},
		{Name: "fan-out-1000-lump", Servers: []string{"floor-16"}, Connections: 1000, Phases: []load.Phase{many}},
		{Name: "idle", Servers: with("hawser-race", messengers), Connections: t.Crowd, Phases: idle},
		{Name: "idle-http", Servers: with("bare", responses), Connections: t.Crowd, Phases: idle},
		{Name: "calls", Servers: with("floor", messengers), Connections: 100, Phases: []load.Phase{
			{Kind: load.Calls, InFlight: 1, Warm: t.Warm, For: t.For},
			{Kind: load.Calls, InFlight: 16, Warm: t.Warm, For: t.For},
		}},
		{Name: "streams-1000", Servers: streams, Connections: 1000, Phases: []load.Phase{one, many}},
		{Name: "fan-out-5000", Servers: with("floor", messengers), Connections: 5000, Phases: []load.Phase{one, many}},
		{Name: "fan-out-5000-lump", Servers: []string{"floor-16"}, Connections: 5000, Phases: []load.Phase{many}},
		{Name: "polls-1000", Servers: polls, Connections: 1000, Phases: []load.Phase{one, many}},
		{Name: "tls-1000", Servers: inGo, Connections: 1000, TLS: true, Phases: []load.Phase{one, many}},
		{Name: "rooms", Servers: with("floor", messengers), Connections: t.Crowd, Rooms: t.Crowd / 10, Phases: []load.Phase{
			{Kind: load.FanOut, InFlight: 1, Active: 16, Warm: t.Warm, For: t.For},
		}},
		{Name: "fan-out-15000", Servers: []string{"floor", "hawser"}, Connections: 3 * t.Crowd / 2,
			Phases: []load.Phase{one}},
		{Name: "slow-member", Servers: []string{"hawser", "centrifuge"}, Connections: 1000, Once: true, Phases: pairs(t)},
		{Name: "resume", Servers: []string{"hawser"}, Connections: t.Crowd / 2, Phases: []load.Phase{{Kind: load.Resume}}},
		{Name: "client-node", Client: "node", Servers: inScript, Connections: 1, Phases: script(t)},
		{Name: "client-chromium", Client: "chromium", Servers: inScript, Connections: 1, Phases: script(t)},
	}
}

// pairs measures latency without and with a member that does not read, in turn. Before each measurement there
// is a flood, so that the member's buffers are full.
func pairs(t Times) (phases []load.Phase) {
	flood := load.Phase{Kind: load.FanOut, InFlight: 16, Warm: t.Warm / 2, For: t.For / 8}
	equal := load.Phase{Kind: load.Paced, Rate: Equal, Warm: t.Warm / 4, For: t.For / 2}
	for range 10 {
		phases = append(phases, flood, equal, load.Phase{Kind: load.Hush}, flood, equal, load.Phase{Kind: load.Cut})
	}
	return phases
}

// script floods one client, with no more in flight than a session's log takes without an acknowledgement, and then paces it.
func script(t Times) []load.Phase {
	return []load.Phase{
		{Kind: load.FanOut, InFlight: 3500, Warm: t.Warm, For: t.For},
		{Kind: load.Paced, Rate: Equal, For: t.For},
	}
}

func with(first string, rest []string) []string { return append([]string{first}, rest...) }

// Spec returns the trial of a workload on a server that listens there.
func (w Workload) Spec(s Server, address, control string, settle time.Duration) load.Spec {
	return load.Spec{
		Address: address, Control: control, TLS: w.TLS, Dialect: s.Dialect,
		Connections: w.Connections, Rooms: max(w.Rooms, 1), Lump: s.Lump, Threads: 2, Settle: settle, Phases: w.Phases,
	}
}
