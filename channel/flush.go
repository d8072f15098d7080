package channel

import (
	"time"

	"github.com/hawser-go/hawser/broker"
)

// A gathering holds publications that have come, and were not handed on yet. It is guarded by its channel's lock.
type gathering struct {
	every   time.Duration
	timer   *time.Timer // nil before the first
	entries backlog[broker.Entry]
}

// gatherLocked takes a publication, and sees to it that it is handed on.
func (s *state) gatherLocked(e *broker.Entry) {
	g, o := s.gathered, &s.hub.options
	size := len(e.Event)
	for i := range e.Payloads {
		size = max(size, len(e.Event)+len(e.Payloads[i].Data))
	}
	g.entries.remove(e.Key)
	if !g.entries.fits(size, o.KeptPackets, o.KeptBytes) {
		s.flushLocked()
	}
	first := g.entries.len() == 0
	g.entries.add(*e, e.Key, size)
	switch {
	case !first:
	case g.timer == nil:
		g.timer = time.AfterFunc(g.every, s.flush)
	default:
		g.timer.Reset(g.every)
	}
}

// flush hands on what was gathered.
func (s *state) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gathered != nil && !s.closed {
		s.flushLocked()
	}
}

func (s *state) flushLocked() {
	for e := range s.gathered.entries.all {
		s.deliverLocked(&e)
	}
	s.dismissLocked()
	s.trimLocked()
}

// dismissLocked forgets what was gathered.
func (s *state) dismissLocked() {
	if g := s.gathered; g != nil && g.timer != nil {
		g.entries.clear()
		g.timer.Stop()
	}
}
