package polling

import (
	"context"
	"sync"
	"time"

	"github.com/hawser-go/hawser/transport"
)

// patience is for how long packets wait for room in the session's inbox while there is something to answer already.
const patience = time.Second

// A receiving is the context of a poll's Receive: it ends with the request, when the poll's time is up, or some time after a wake. Seldom does a Receive wait
// for anything, and a context that can end takes more memory than everything else of a poll that is held, so it is made when somebody asks.
type receiving struct {
	context.Context // the request's
	limit           time.Time

	mu     sync.Mutex // guards what follows
	woken  bool
	closed bool
	made   *ending // nil: nobody has asked
}

// An ending is a context that can end.
type ending struct {
	context.Context
	end    context.CancelCauseFunc
	giveUp *time.Timer
}

func (r *receiving) whole() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made == nil {
		e := &ending{}
		e.Context, e.end = context.WithCancelCause(r.Context)
		if r.closed {
			e.end(transport.ErrSinkClosed)
		}
		left := time.Until(r.limit)
		if r.woken {
			left = min(left, patience)
		}
		e.giveUp = time.AfterFunc(left, func() { e.end(nil) })
		r.made = e
	}
	return r.made.Context
}

// wake says that there is something to answer.
func (r *receiving) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made != nil && !r.woken {
		r.made.giveUp.Reset(min(patience, time.Until(r.limit)))
	}
	r.woken = true
}

// close ends the context.
func (r *receiving) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.made != nil {
		r.made.end(transport.ErrSinkClosed)
	}
}

// over lets go of what was made, once Receive has returned.
func (r *receiving) over() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made != nil {
		r.made.giveUp.Stop()
		r.made.end(nil)
		r.made = nil
	}
}

func (r *receiving) Done() <-chan struct{} { return r.whole().Done() }
func (r *receiving) Err() error            { return r.whole().Err() }
