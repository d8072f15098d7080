package presence

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// patience is how long one thing that is asked of the broker may take.
	patience = 5 * time.Second
	// briefly is how long a state may take, which is soon of no use, and whose owner does other things meanwhile.
	briefly = time.Second
)

// A Tracker tracks the presence of one node's sessions in channels, and follows the channels that somebody here watches. All methods may be called at the same
// time. It starts no goroutine that only waits: one timer renews all leases, while there are any.
type Tracker struct {
	options Options
	deaf    atomic.Bool // the broker has not answered what it was asked last

	mu       sync.Mutex // guards what follows, and the uses of all rooms
	rooms    map[string]*room
	renewals *time.Timer // nil while no session is here
	members  int         // sessions of this node that are here, in all rooms
	closed   bool
	renewing sync.WaitGroup
	open     context.Context //nolint:containedctx // of renewals, which nobody waits for: it ends with Close
	end      context.CancelFunc
}

// New returns a Tracker of nothing.
func New(o Options) *Tracker {
	t := &Tracker{options: o.withDefaults(), rooms: map[string]*room{}}
	t.open, t.end = context.WithCancel(context.Background())
	return t
}

// Close stops renewing and telling, also what the broker is being asked. It releases nothing: who was here and has not left is gone when the leases expire.
func (t *Tracker) Close() {
	t.mu.Lock()
	t.closed = true
	if t.renewals != nil {
		t.renewals.Stop()
		t.renewals = nil
	}
	rooms := t.rooms
	t.rooms = map[string]*room{}
	t.mu.Unlock()
	t.end()
	for _, r := range rooms {
		r.close()
	}
	t.renewing.Wait()
}

// heard notes whether the broker answered something.
func (t *Tracker) heard(err error) { t.deaf.Store(errors.Is(err, context.DeadlineExceeded)) }

// use returns the room of a channel, for as long as it is used.
func (t *Tracker) use(channel string) (*room, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, ErrClosed
	}
	r := t.rooms[channel]
	if r == nil {
		r = newRoom(&t.options, channel)
		t.rooms[channel] = r
	}
	r.uses++
	return r, nil
}

// find returns the room of a channel, if there is one, for as long as it is used.
func (t *Tracker) find(channel string) *room {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rooms[channel]
	if r != nil {
		r.uses++
	}
	return r
}

// unuse gives a room back n times. A room that nobody uses is forgotten.
func (t *Tracker) unuse(r *room, n int) {
	t.mu.Lock()
	r.uses -= n
	last := r.uses == 0
	if last && t.rooms[r.channel] == r {
		delete(t.rooms, r.channel)
	}
	t.mu.Unlock()
	if last {
		r.close()
	}
}
