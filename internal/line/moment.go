package line

import (
	"math"
	"time"
)

// A moment is a time, in nanoseconds since the registry began: a third of what a time.Time takes, and a line keeps several. 0 is none.
type moment int64

func (g *Registry) now() moment { return moment(time.Since(g.began)) + 1 }

func (g *Registry) timeOf(m moment) time.Time { return g.began.Add(time.Duration(m - 1)) }

func (g *Registry) momentOf(t time.Time) moment { return moment(t.Sub(g.began)) + 1 }

// add returns the moment d later, or the last one there is: some durations stand for ever.
func (m moment) add(d time.Duration) moment {
	if later := m + moment(d); d < 0 || later >= m {
		return later
	}
	return math.MaxInt64 - moment(sweepEvery)
}

func (m moment) sub(earlier moment) time.Duration { return time.Duration(m - earlier) }

// earliest returns the earlier of two moments, of which either may be none.
func earliest(a, b moment) moment {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
