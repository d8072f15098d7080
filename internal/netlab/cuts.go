package netlab

import "time"

const (
	defaultCut = 16 << 10
	defaultAge = 2 * time.Second
)

// Cut ends each connection after so many bytes or after a time, whichever comes first.
type Cut struct {
	// Bytes that pass before, in Direction; 0: any number.
	Bytes     int
	Direction Direction
	// After is how long a connection lives; 0: for ever.
	After time.Duration
	// Only: connections that carry that; bytes and time count from when they began to.
	Only Traffic
	By   Ending // FIN or RST
}

// Name is "connection-cut".
func (Cut) Name() string { return "connection-cut" }

func (f Cut) with(p *parameters) Fault {
	p.integer("bytes", &f.Bytes)
	p.direction(&f.Direction)
	p.duration("after", &f.After)
	p.traffic(&f.Only)
	p.ending(&f.By)
	p.need(f.Bytes > 0 || f.After > 0, "bytes or after")
	return f
}

func (f Cut) remaining(v *vitals, d Direction) int64 {
	if f.Bytes == 0 || !f.Direction.covers(d) || !f.Only.includes(v.carries) {
		return -1
	}
	_, passed := v.since(f.Only, f.Direction)
	return max(int64(f.Bytes)-passed, 0)
}

func (f Cut) due(v *vitals) time.Time {
	if f.After == 0 || !f.Only.includes(v.carries) {
		return time.Time{}
	}
	began, _ := v.since(f.Only, Both)
	return began.Add(f.After)
}

func (f Cut) ending() Ending { return f.By }

// HalfOpen lets one side of each connection die after a time, and the other believe it open. Only connections with an exchange under way have two
// sides: others end as by RST.
type HalfOpen struct {
	// After is how long both sides live.
	After time.Duration
	Only  Traffic // counts from when the connection began to carry that
	// Side is the one that dies. ClientSide: it is reset, and the target does not know. TargetSide: it is closed, and the client hears nothing any more.
	Side Side
}

// A Side of a connection.
type Side uint8

// The sides.
const (
	ClientSide Side = iota
	TargetSide
)

// Name is "half-open".
func (HalfOpen) Name() string { return "half-open" }

func (f HalfOpen) with(p *parameters) Fault {
	p.duration("after", &f.After)
	p.traffic(&f.Only)
	choice(p, "side", &f.Side, []string{"client", "target"})
	return f
}

func (f HalfOpen) due(v *vitals) time.Time {
	if !f.Only.includes(v.carries) {
		return time.Time{}
	}
	began, _ := v.since(f.Only, Both)
	return began.Add(f.After)
}

func (f HalfOpen) ending() Ending {
	if f.Side == TargetSide {
		return HalfTarget
	}
	return HalfClient
}

// IdleTimeout ends each connection that has carried no byte for a time.
type IdleTimeout struct {
	After time.Duration
	Only  Traffic
	By    Ending // FIN or RST
}

// Name is "idle-timeout".
func (IdleTimeout) Name() string { return "idle-timeout" }

func (f IdleTimeout) with(p *parameters) Fault {
	p.duration("after", &f.After)
	p.traffic(&f.Only)
	p.ending(&f.By)
	p.need(f.After > 0, "after")
	return f
}

func (f IdleTimeout) due(v *vitals) time.Time {
	if f.After == 0 || !f.Only.includes(v.carries) {
		return time.Time{}
	}
	return v.active.Add(f.After)
}

func (f IdleTimeout) ending() Ending { return f.By }
