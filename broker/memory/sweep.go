package memory

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A sweep drops what has become too old, also where nobody looks any more: one timer for all channels, and none while nothing is kept.
type sweep struct {
	drop func(now time.Time) (next time.Time)

	due atomic.Int64 // when it runs next, in Unix nanoseconds; 0: not at all

	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

// sweepEvery is the shortest time between two sweeps: they walk over all channels.
const sweepEvery = time.Second

// by sees to it that the sweep runs soon after t.
func (s *sweep) by(t time.Time) {
	if due := s.due.Load(); due != 0 && due <= t.UnixNano() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byLocked(t)
}

func (s *sweep) byLocked(t time.Time) {
	now := time.Now()
	if least := now.Add(sweepEvery); t.Before(least) {
		t = least
	}
	due := s.due.Load()
	if s.over || due != 0 && due <= t.UnixNano() {
		return
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.due.Store(t.UnixNano())
	s.timer = time.AfterFunc(t.Sub(now), s.run)
}

func (s *sweep) run() {
	// While it runs, what is kept anew asks for another one.
	s.due.Store(math.MaxInt64)
	next := s.drop(time.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.due.Load() == math.MaxInt64 {
		s.due.Store(0)
		s.timer = nil
	}
	if !next.IsZero() {
		s.byLocked(next)
	}
}

func (s *sweep) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
