package pump

import (
	"sync"
	"sync/atomic"
)

// A queue holds the pumps that wait for their turn, in the order in which they were added. Adding never waits: a broadcast adds thousands while others
// take, and who is parked in the middle of it, with its channel locked, may not get its processor back before all has been written.
type queue struct {
	added atomic.Pointer[Pump] // since somebody last took; the latest comes first

	mu    sync.Mutex // guards first, and the links behind it
	first *Pump      // came before those that were added
}

// add adds a pump that is in no queue.
func (q *queue) add(p *Pump) {
	for {
		p.next = q.added.Load()
		if q.added.CompareAndSwap(p.next, p) {
			return
		}
	}
}

// few is how many pumps are taken at once: the rest may be taken by another worker.
const few = 16

// take takes the first few, which are linked, and nil where there are none.
func (q *queue) take() *Pump {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.first == nil {
		q.first = reversed(q.added.Swap(nil))
	}
	taken := q.first
	if taken == nil {
		return nil
	}
	last := taken
	for range few - 1 {
		if last.next == nil {
			break
		}
		last = last.next
	}
	q.first, last.next = last.next, nil
	return taken
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first == nil && q.added.Load() == nil
}

func reversed(p *Pump) (first *Pump) {
	for p != nil {
		next := p.next
		p.next = first
		first, p = p, next
	}
	return first
}
