package line

import (
	"math/rand/v2"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// sweepEvery is how often lines are looked at for what is due: acknowledgements, pings, dead wires, the end of patience. One timer for all of them,
// and none while there are none and nothing is remembered of others. A sweep meets only the lines that the wheel has for it.
const sweepEvery = 500 * time.Millisecond

// sweepLocked starts sweeping, if it does not run.
func (g *Registry) sweepLocked() {
	if g.sweeps == nil {
		g.sweeps = time.AfterFunc(g.nextSweep(), g.sweep)
	}
}

// nextSweep is how long it is until the next tick.
func (g *Registry) nextSweep() time.Duration { return sweepEvery - time.Since(g.began)%sweepEvery }

func (g *Registry) sweep() {
	g.mu.Lock()
	due := g.due[:0]
	g.due = nil
	g.mu.Unlock()

	now := g.now()
	due = g.wheel.advance(due, tick((now-1)/moment(sweepEvery)))
	for _, l := range due {
		l.sweep(now)
	}
	clear(due)

	g.mu.Lock()
	defer g.mu.Unlock()
	g.due = due
	g.forgetKeysLocked(now)
	g.watermarks.forget(now)
	switch {
	case g.sweeps == nil: // forgotten meanwhile
	case len(g.byKey) == 0 && g.watermarks.len() == 0:
		g.sweeps = nil
	default:
		g.sweeps.Reset(g.nextSweep())
	}
}

// lookLocked makes sure that a sweep looks at the line at m, or not much later.
func (l *Line) lookLocked(m moment) {
	if at := tickAt(m); l.look == 0 || at < l.look {
		l.look = l.registry.wheel.move(l, at)
	}
}

// sweep does what is due on one line, which the wheel has let go of.
func (l *Line) sweep(now moment) {
	l.mu.Lock()
	var end *End
	var dead []*Wire
	l.look = 0
	o := &l.registry.options
	switch {
	case l.stage == alive && len(l.wires) == 0 && now >= l.aloneUntil():
		end = l.expireLocked()
	case l.stage == ending && (len(l.wires) == 0 && now >= l.aloneUntil() || now.sub(l.endedAt) >= o.ResumeFor):
		l.goneLocked()
	}
	if len(l.wires) > 0 {
		dead = l.sweepWiresLocked(now)
	}
	if next := l.nextLookLocked(now); next != 0 {
		l.lookLocked(next)
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
func (l *Line) sweepWiresLocked(now moment) (dead []*Wire) {
	o := &l.registry.options
	inUse := l.claims.InUse()
	stale := l.staleLocked(now)
	for _, w := range l.wires {
		switch {
		case w.closed != nil:
			// The transport has been told. If it could not write by now, it never will.
			if now.sub(w.closedAt) > o.WriteTimeout {
				dead = append(dead, w)
			}
		case w.asked:
			// A poll is over soon by itself.
		case w.ends != 0 && now >= w.ends:
			w.closeLocked(&transport.CloseError{Code: transport.CodeRecycle, Message: "this connection may not last longer"})
			w.sink.Wake()
		case w.moves != 0 && now >= w.moves && w == inUse:
			w.goawayLocked(w.ends.sub(now) / 2) // the other half is for the moving
			w.moves = 0
		case w.pinged != 0:
			if now.sub(w.pinged) >= o.PongWithin {
				dead = append(dead, w)
			}
		case now.sub(w.heard) >= w.pingAfter, w == inUse && stale:
			w.pinged = now
			w.pingAfter = jitter(o.Heartbeat)
			w.controlLocked(&codec.Packet{Kind: codec.KindPing})
			w.sink.Wake()
		}
	}
	if inUse != nil && inUse.closed == nil && l.acks.Due(l.in.Accepted(), l.registry.timeOf(now)) {
		inUse.sink.Wake()
	}
	return dead
}

// nextLookLocked returns when something of the line is due that is not settled before.
func (l *Line) nextLookLocked(now moment) (next moment) {
	o := &l.registry.options
	if l.stage == ending {
		next = l.endedAt.add(o.ResumeFor)
	}
	if len(l.wires) == 0 {
		if l.stage != gone {
			next = earliest(next, l.aloneUntil())
		}
		return next
	}
	for _, w := range l.wires {
		next = earliest(next, w.nextLookLocked(o))
	}
	if l.claims.InUse() == nil {
		return next
	}
	if l.stalledSince != 0 {
		next = earliest(next, l.stalledSince.add(o.StaleAfter))
	}
	if l.acks.Owed() {
		next = earliest(next, now.add(sweepEvery))
	}
	return next
}

func (w *Wire) nextLookLocked(o *Options) moment {
	switch {
	case w.closed != nil:
		return w.closedAt.add(o.WriteTimeout + 1)
	case w.asked:
		return 0
	case w.pinged != 0:
		return earliest(w.pinged.add(o.PongWithin), w.endsLookLocked())
	default:
		return earliest(w.heard.add(w.pingAfter), w.endsLookLocked())
	}
}

// movesAhead is how long before its end the peer of a connection that lasts so long is asked to move: a quarter of it, but no less than some sweeps and the
// moving take.
func movesAhead(lasts time.Duration) time.Duration { return max(lasts/4, min(lasts/2, 4*sweepEvery)) }

// endsLookLocked returns when something is due because the connection has to end; 0: nothing is.
func (w *Wire) endsLookLocked() moment {
	if l := w.line.Load(); l != nil && w.moves != 0 && l.claims.InUse() == w {
		return w.moves
	}
	return w.ends
}

// staleLocked reports whether something that was sent has been waiting for too long without an acknowledgement of anything. The next time it says so is as
// long after.
func (l *Line) staleLocked(now moment) bool {
	if l.stalledSince == 0 || now.sub(l.stalledSince) < l.registry.options.StaleAfter {
		return false
	}
	l.stalledSince = now
	return true
}

// jitter spreads the heartbeats of sessions that began together: between three quarters of d and d.
func jitter(d time.Duration) time.Duration {
	return d - rand.N(d/4+1)
}
