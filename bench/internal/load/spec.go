// Package load is the load generator: thousands of clients in a few threads that wait with epoll, read raw
// frames, and check the number of each message, so that it costs less than any server that it measures.
//
// It runs in closed loops. K publications are in flight at any time: the next is asked for when all members
// have got one of them.
package load

import (
	"time"

	"github.com/hawser-go/hawser/bench/internal/control"
)

// A Spec is a trial: clients of one server, connected once, and what is done with them, phase after phase.
type Spec struct {
	Address, Control string
	TLS              bool
	Dialect          string
	Connections      int
	Rooms            int // the clients are spread over them evenly
	Lump             int // publications are asked for in lumps of this size; 0 means 1
	Threads          int
	Settle           time.Duration // after the connecting
	Profiles         string        // what the names of the files with the server's profiles begin with; "" for none
	Phases           []Phase
}

// The kinds of phases.
const (
	Idle   = "idle"   // nothing; then the server's memory is measured
	FanOut = "fanout" // InFlight publications at any time, in each of Active rooms
	Paced  = "paced"  // Rate deliveries a second: latency
	Calls  = "calls"  // InFlight calls at any time on each connection
	Resume = "resume" // all connections are cut, and all sessions come back
	Hush   = "hush"   // one more member joins, and then does not read
	Cut    = "cut"    // its connection is cut
)

// A Phase is one measurement.
type Phase struct {
	Kind     string
	InFlight int           // of FanOut and Calls
	Active   int           // of FanOut: how many rooms are published to at a time; 0 means all
	Rate     float64       // of Paced: deliveries a second; less than 1 is a share of the last FanOut's rate
	Warm     time.Duration // before it counts
	For      time.Duration
}

// A Result is what came of a trial.
type Result struct {
	Error   string `json:",omitempty"` // a message lost, doubled, out of order or damaged; a connection lost
	Before  control.Usage
	Connect Measured
	Phases  []Measured
}

// Measured is one measurement.
type Measured struct {
	Kind      string        `json:",omitempty"` // of the phase
	InFlight  int           `json:",omitempty"`
	Count     int64         // connections, deliveries, answers
	Seconds   float64       // wall clock
	ServerCPU float64       // seconds
	LoadCPU   float64       // seconds
	Longest   time.Duration `json:",omitempty"` // of clients in JavaScript: for how long nothing else could run, at most
	Latency   *Latency      `json:",omitempty"`
	Usage     control.Usage // the server's, at the end
}

// A Latency is how long deliveries took, from when the publication was asked for.
type Latency struct{ P50, P90, P99, P999, Max time.Duration }
