package pump

import (
	"runtime"
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
func NewCrew() *Crew { return newCrew(runtime.GOMAXPROCS(0)) }

func newCrew(workers int) *Crew {
	c := &Crew{shards: make([]shard, workers)}
	for i := range c.shards {
		s := &c.shards[i]
		s.task = func() { c.work(i) }
	}
	return c
}

// Pump returns a pump like New, whose runs belong to the crew.
func (c *Crew) Pump(o NonBlocking) *Pump {
	i := c.joined.Add(1) % uint32(len(c.shards))
	return &Pump{outlet: o, direct: o, shard: &c.shards[i], state: running}
}

// A shard is what one worker is there for.
type shard struct {
	task   func() // the worker, made once, so that starting one allocates nothing
	queue  queue
	manned atomic.Bool // a worker is there, and will find what is added

	_ [64]byte // shards do not share cache lines
}

// add queues a pump that does not wait already.
func (s *shard) add(p *Pump) {
	s.queue.add(p)
	if !s.manned.Load() && s.manned.CompareAndSwap(false, true) {
		go s.task()
	}
}

// leave reports whether the worker may go: nothing has been added that it would have to find.
func (s *shard) leave() bool {
	s.manned.Store(false)
	return s.queue.empty() || !s.manned.CompareAndSwap(false, true)
}

const (
	// near is how many other queues a worker looks into before it leaves: where there are many, one that is started for little does not ask them all.
	near = 3
	// breath is after how many writes a worker lets others have the processor: who publishes, say, and was parked for a moment.
	breath = 64
)

// take returns what the worker of a shard does next. When nothing waits for it, it helps its neighbours.
func (c *Crew) take(home int) *Pump {
	for i := range min(1+near, len(c.shards)) {
		if p := c.shards[(home+i)%len(c.shards)].queue.take(); p != nil {
			return p
		}
	}
	return nil
}

func (c *Crew) work(home int) {
	s := &c.shards[home]
	lent := buffer.Get()
	defer buffer.Put(lent)
	runtime.Gosched() // whoever woke may have more: what it adds goes out in the same writes
	for written := 0; ; {
		p := c.take(home)
		if p == nil {
			if s.leave() {
				return
			}
			continue
		}
		for ; p != nil; written++ {
			next := p.next
			p.next = nil
			switch {
			case p.gathers():
				p.runs.Done()
			case p.turn(lent):
				s.add(p) // behind the others
			}
			p = next
		}
		if written >= breath {
			written = 0
			runtime.Gosched()
		}
	}
}
