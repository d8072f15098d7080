package netlab

import (
	"io"
	"net/http"
	"time"
)

// A Fault is something that is wrong with the network. Faults are values: they hold what was asked for, and no state. Which of the hooks below a fault has
// says where it takes effect.
type Fault interface {
	// Name is what the fault is called in counts, on the command line and by `hawser doctor`.
	Name() string
	// with reads or writes the fault's parameters: see parameters.
	with(*parameters) Fault
}

// The hooks. Several may be asked at the same time.
type (
	// A delayer makes bytes late.
	delayer interface {
		// delay returns for how long a chunk of bytes is under way. first: it is the first of a connection in that direction.
		delay(l *Lab, d Direction, first bool) time.Duration
	}
	// A throttle says how many bytes a second pass in a direction; 0: as many as come.
	throttle interface{ rate(d Direction) int }
	// A silencer says in which direction no byte passes.
	silencer interface{ silent(d Direction) bool }
	// A limiter ends connections when they have carried so many bytes.
	limiter interface {
		// remaining returns how many bytes may still pass in a direction before the ending, and -1 for any number.
		remaining(v *vitals, d Direction) int64
		ending() Ending
	}
	// A reaper ends connections when their time has come.
	reaper interface {
		// due returns when the connection ends if nothing changes; zero: never.
		due(v *vitals) time.Time
		ending() Ending
	}
	// An answerer answers requests in the place of the target. It returns nil for those that pass.
	answerer interface {
		answer(l *Lab, r *http.Request) *http.Response
	}
	// A swallower takes requests that are never answered.
	swallower interface{ swallows(r *http.Request) bool }
	// A repeater lets the target see a request twice.
	repeater interface{ repeats(r *http.Request) bool }
	// A loser keeps the target's answer from the client, whose connection ends.
	loser interface {
		loses(l *Lab, response *http.Response) bool
	}
	// An alterer changes the target's answer.
	alterer interface {
		alter(l *Lab, response *http.Response)
	}
	// A holder keeps the bytes of a response back.
	holder interface {
		hold(l *Lab, out io.Writer) io.WriteCloser
	}
	// A framer decides about the frames of a WebSocket.
	framer interface {
		// frame is asked about frame n of a direction, from 0.
		frame(d Direction, n int) verdict
	}
)

// A verdict is what happens to a frame. The gravest of several counts.
type verdict uint8

const (
	pass verdict = iota
	drop         // it is read, and goes nowhere
	halt         // it waits until the fault is gone, and everything behind it too
)

// A Direction is a way through the laboratory, or both.
type Direction uint8

// The directions.
const (
	Both Direction = iota
	Up             // from the client to the target
	Down           // from the target to the client
)

// covers reports whether d is, or includes, the one direction.
func (d Direction) covers(one Direction) bool { return d == Both || d == one }

// An Ending is how a connection ends.
type Ending uint8

const (
	// FIN closes both sides in order: the client reads the end of the stream.
	FIN Ending = iota
	// RST resets both sides: the client reads "connection reset". In memory, where there is no TCP, it is a close.
	RST
	// HalfClient resets the client's side. The target's stays open, and what the target sends goes nowhere: it does not know.
	HalfClient
	// HalfTarget closes the target's side. The client's stays open and silent: it does not know.
	HalfTarget
	// Freeze lets no byte pass any more, and neither side know, not even when the other is gone: a path that died under both. The laboratory keeps the
	// connection until it is closed itself.
	Freeze
	// FreezeUp does that to what the client sends.
	FreezeUp
	// FreezeDown does that to what the target sends.
	FreezeDown
)

// Traffic is what a connection carries at a time.
type Traffic uint8

// What a connection carries.
const (
	Anything   Traffic = iota
	Requests           // requests and answers of known length, or nothing for now
	Streams            // an answer without a length: an event stream
	WebSockets         // a WebSocket
)

// includes reports whether t, as a condition, is met by what is carried.
func (t Traffic) includes(carried Traffic) bool { return t == Anything || t == carried }
