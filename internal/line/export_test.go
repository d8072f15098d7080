package line

import "time"

// StopSweeping leaves sweeping to PassHalfASecond.
func (g *Registry) StopSweeping() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweeps = time.AfterFunc(sweepEvery, func() {}) // as if it swept already
	g.sweeps.Stop()
}

// PassHalfASecond puts the registry's clock on, and sweeps.
func (g *Registry) PassHalfASecond() {
	g.began = g.began.Add(-sweepEvery)
	g.sweep()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweeps.Stop()
}
