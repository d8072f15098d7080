package load

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/bench/internal/payload"
)

// A room counts who got which publication. What is in flight is in a ring.
type room struct {
	number  int
	threads int32 // that have members of it
	ring    uint32
	done    []atomic.Int32 // by publication: the threads all of whose members got it
	asked   []atomic.Int64 // by publication: when it was asked for

	mu        sync.Mutex
	next      uint32 // to be asked for
	free      int    // that may be asked for now, until there is a lump of them
	completed atomic.Uint32
}

func newRoom(number int, ring uint32) *room {
	return &room{
		number: number, ring: ring, next: payload.First,
		done: make([]atomic.Int32, ring), asked: make([]atomic.Int64, ring),
	}
}

// inFlight returns how many publications not all have got.
func (r *room) inFlight() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int(r.next-payload.First) - int(r.completed.Load())
}

// publish asks for n more publications, once there is a lump of them.
func (r *room) publish(c *Control, n, lump int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += n
	count := r.free - r.free%lump
	if count == 0 {
		return nil
	}
	r.free -= count
	if open := r.next - payload.First - r.completed.Load(); open+uint32(count) > r.ring {
		return fmt.Errorf("%w: %d publications are under way", errBehind, open)
	}
	first, now := r.next, time.Now().UnixNano()
	r.next += uint32(count)
	for seq := first; seq != r.next; seq++ {
		r.asked[seq%r.ring].Store(now)
	}
	return c.say("publish %d %d %d\n", r.number, first, count)
}

// got says that all members in one thread have got a publication, and reports whether that were the last ones.
func (r *room) got(seq uint32) bool {
	if r.done[seq%r.ring].Add(1) < r.threads {
		return false
	}
	r.done[seq%r.ring].Store(0)
	r.completed.Add(1)
	return true
}

// forget takes back what was free and not asked for.
func (r *room) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = 0
}
