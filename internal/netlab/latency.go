package netlab

import "time"

const defaultLatency = 50 * time.Millisecond

// Latency makes bytes late. They stay in order.
type Latency struct {
	Up, Down time.Duration
	// Jitter is added to each, at random from 0 up to it.
	Jitter time.Duration
	// Connect is how much later the first bytes of each new connection come: what its handshakes would cost.
	Connect time.Duration
}

// Name is "latency".
func (Latency) Name() string { return "latency" }

func (f Latency) with(p *parameters) Fault {
	p.duration("up", &f.Up)
	p.duration("down", &f.Down)
	p.duration("jitter", &f.Jitter)
	p.duration("connect", &f.Connect)
	return f
}

func (f Latency) delay(l *Lab, d Direction, first bool) time.Duration {
	late := f.Up
	if d == Down {
		late = f.Down
	}
	if f.Jitter > 0 {
		late += time.Duration(l.fraction() * float64(f.Jitter))
	}
	if first && d == Up {
		late += f.Connect
	}
	return late
}
