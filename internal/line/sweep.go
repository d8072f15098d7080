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
	var end *End
	var dead []*Wire
	switch {
	case l.stage == gone:
	case len(l.wires) == 0:
		if now.Sub(l.aloneSince) >= l.patience {
			end = l.giveUpLocked()
		}
	default:
		dead = l.sweepWiresLocked(now)
	}
	l.mu.Unlock()

	if end != nil {
		l.app.Ended(end)
	}
	for _, w := range dead {
		w.Detach(&transport.CloseError{Code: codeHeartbeat, Message: "no sign of life"})
		w.sink.Close()
	}
}

// sweepWiresLocked pings and acknowledges, and returns the wires that are dead.
func (l *Line) sweepWiresLocked(now time.Time) (dead []*Wire) {
	o := &l.registry.options
	inUse := l.claims.InUse()
	stale := l.staleLocked(now)
	for _, w := range l.wires {
		switch {
		case w.closed != nil:
			// The transport has been told. If it could not write by now, it never will.
			if now.Sub(w.closedAt) > o.WriteTimeout {
				dead = append(dead, w)
			}
		case w.asked:
			// A poll is over soon by itself.
		case !w.pinged.IsZero():
			if now.Sub(w.pinged) >= o.PongWithin {
				dead = append(dead, w)
			}
		case now.Sub(w.heard) >= w.pingAfter, w == inUse && stale:
			w.pinged = now
			w.pingAfter = jitter(o.Heartbeat)
			w.controlLocked(&codec.Packet{Kind: codec.KindPing})
			w.sink.Wake()
		}
	}
	if inUse != nil && inUse.closed == nil && l.acks.Due(l.in.Accepted(), now) {
		inUse.sink.Wake()
	}
	return dead
}

// progress is what a sweep saw of the acknowledgements: that something waited for one, above which number, and since when, or since when a ping was to
// hasten it.
type progress struct {
	waiting bool
	acked   uint64
	since   time.Time
}

// staleLocked reports whether something that was sent has been waiting for its acknowledgement for too long.
func (l *Line) staleLocked(now time.Time) bool {
	before := l.progress
	sent, _ := l.out.Len()
	same := before.waiting && sent > 0 && before.acked == l.out.Acked()
	stale := same && now.Sub(before.since) >= l.registry.options.StaleAfter
	if !same || stale {
		l.progress = progress{sent > 0, l.out.Acked(), now}
	}
	return stale
}

// jitter spreads the heartbeats of sessions that began together: between three quarters of d and d.
func jitter(d time.Duration) time.Duration {
	return d - rand.N(d/4+1)
}
