package line

import (
	"math/rand/v2"
	"time"
)

// Refuse makes the registry create no more sessions. Those that exist go on. Clients are told to come back after a second, when they may meet another process
// or node, at some moment within spread, or another second if that is less.
func (g *Registry) Refuse(spread time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.returns.Store(int64(max(spread, time.Second)))
}

// ReturnIn is when a client that was refused should come back, or one of many that are sent away at the same moment.
func (g *Registry) ReturnIn() time.Duration {
	return time.Second + rand.N(max(time.Duration(g.returns.Load()), 1))
}

// Unsettled returns how many lines have something on its way to a client that is there, or was there a moment ago: one that polls.
func (g *Registry) Unsettled() int {
	n := 0
	for _, l := range g.Lines() {
		if l.unsettled() {
			n++
		}
	}
	return n
}

// Close closes all wires of all lines.
func (g *Registry) Close() {
	for _, l := range g.Lines() {
		l.mu.Lock()
		l.closeWiresLocked(g.stopping())
		l.mu.Unlock()
	}
}

// Wires returns how many wires the lines have, also those that are about to end.
func (g *Registry) Wires() int { return int(g.wires.Load()) }

// Forget drops every line and key, once their sessions have ended, and stops sweeping. Wires that are still there are cut off, also those that no line counts
// among its own any more.
func (g *Registry) Forget() {
	g.Close()
	for _, w := range g.closing.all() {
		w.sink.Close()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.byKey)
	clear(g.bySID)
	g.tombs = nil
	g.watermarks.clear()
	g.wheel.empty()
	if g.sweeps != nil {
		g.sweeps.Stop()
		g.sweeps = nil
	}
}
