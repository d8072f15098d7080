package pump

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hawser-go/hawser/transport/internal/buffer"
)

// A Crew runs the pumps of connections that need not be waited for. However many are woken, it has one worker for each processor, and
// none while there is nothing to do: a broadcast to thousands starts a few goroutines, and each wake is a place in a queue.
type Crew struct {
	shards []shard
	joined atomic.Uint32 // spreads pumps over shards
}

// NewCrew returns a crew for as many processors as the program may use now.
func NewCrew() *Crew {
	c := &Crew{shards: make([]shard, runtime.GOMAXPROCS(0))}
	for i := range c.shards {
		s := &c.shards[i]
		s.task = s.work
	}
	return c
}

// Pump returns a pump like New, whose runs belong to the crew.
func (c *Crew) Pump(o NonBlocking) *Pump {
	i := c.joined.Add(1) % uint32(len(c.shards))
	return &Pump{outlet: o, direct: o, shard: &c.shards[i], state: running}
}

// A shard is the queue of one worker.
type shard struct {
	task func() // work, made once, so that starting a worker allocates nothing

	mu          sync.Mutex // guards what follows, and the links between the pumps that wait
	first, last *Pump      // that wait for their turn
	manned      bool       // a worker is there, and will find what is added

	_ [64]byte // shards do not share cache lines
}

// add queues a pump that does not wait already.
func (s *shard) add(p *Pump) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.first = p
	} else {
		s.last.next = p
	}
	s.last = p
	if !s.manned {
		s.manned = true
		go s.task()
	}
}

// take returns all that wait, linked, or dismisses the worker.
func (s *shard) take() *Pump {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.first
	s.first, s.last = nil, nil
	s.manned = first != nil
	return first
}

func (s *shard) work() {
	lent := buffer.Get()
	defer buffer.Put(lent)
	runtime.Gosched() // whoever woke may have more: what it adds goes out in the same writes
	for p := s.take(); p != nil; {
		next := p.next
		p.next = nil
		if p.turn(lent) {
			s.add(p) // behind the others
		}
		if p = next; p == nil {
			p = s.take()
		}
	}
}
