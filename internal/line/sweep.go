package line

import (
	"math/rand/v2"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// sweepEvery is how often all lines are looked at for what is due: acknowledgements, pings, dead wires, the end of patience. One timer for all of
// them, and none while there are none.
const sweepEvery = 500 * time.Millisecond

// sweepLocked starts sweeping, if it does not run.
func (g *Registry) sweepLocked() {
	if g.sweeps == nil {
		g.sweeps = time.AfterFunc(sweepEvery, g.sweep)
	}
}

func (g *Registry) sweep() {
	now := time.Now()
	g.mu.Lock()
	lines := make([]*Line, 0, len(g.bySID))
	for _, l := range g.bySID {
		lines = append(lines, l)
	}
	for key, s := range g.byKey {
		if !s.until.IsZero() && now.After(s.until) {
			delete(g.byKey, key)
		}
	}
	g.mu.Unlock()

	for _, l := range lines {
		l.sweep(now)
	}

	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.sweeps == nil: // forgotten meanwhile
	case len(g.byKey) == 0:
		g.sweeps = nil
	default:
		g.sweeps.Reset(sweepEvery)
	}
}

// sweep does what is due on one line.
func (l *Line) sweep(now time.Time) {
	l.mu.Lock()
	if len(l.wires) == 0 {
		over := now.Sub(l.aloneSince) >= l.patience
		l.mu.Unlock()
		if over {
			l.giveUp()
		}
		return
	}
	var wake, dead [maxWires]*Wire
	inUse := l.claims.InUse()
	for i, w := range l.wires {
		switch o := &l.registry.options; {
		case w.closed != nil:
			// The transport has been told. If it could not write by now, it never will.
			if now.Sub(w.closedAt) > o.WriteTimeout {
				dead[i] = w
			}
		case w.heldUntilAnswered():
			// A poll or a POST is over soon by itself.
		case !w.pinged.IsZero():
			if now.Sub(w.pinged) >= o.PongWithin {
				dead[i] = w
			}
		case now.Sub(w.heard) >= w.pingAfter, w == inUse && l.stale(now):
			w.pinged = now
			w.pingAfter = jitter(o.Heartbeat)
			w.controlLocked(&codec.Packet{Kind: codec.KindPing})
			wake[i] = w
		}
		if w == inUse && w.closed == nil && l.acks.Due(l.in.Accepted(), now) {
			wake[i] = w
		}
	}
	l.mu.Unlock()
	for i := range maxWires {
		if w := wake[i]; w != nil {
			w.sink.Wake()
		}
		if w := dead[i]; w != nil {
			w.Detach(&transport.CloseError{Code: codeHeartbeat, Message: "no sign of life"})
			w.sink.Close()
		}
	}
}

// stale reports whether something that was sent has been waiting for its acknowledgement for too long.
func (l *Line) stale(now time.Time) bool {
	sent, _ := l.out.Len()
	if sent == 0 || l.progress != l.out.Acked() || l.progressAt.IsZero() {
		l.progress, l.progressAt = l.out.Acked(), now
		return false
	}
	return now.Sub(l.progressAt) >= l.registry.options.StaleAfter
}

// jitter spreads the heartbeats of sessions that began together: between three quarters of d and d.
func jitter(d time.Duration) time.Duration {
	return d - rand.N(d/4+1)
}
