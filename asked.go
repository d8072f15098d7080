package hawser

import (
	"slices"
	"sync"
)

// asked are the calls of a client that have come and are not answered: what a cancel is for.
type asked struct {
	mu      sync.Mutex
	pending []asking // nil while there are none
}

// An asking is one of them.
type asking struct {
	id       uint64
	context  *callContext // nil while the call waits in the inbox
	canceled bool         // while it waited
}

// find returns where a call stands, or -1. The lock is held.
func (a *asked) find(id uint64) int {
	return slices.IndexFunc(a.pending, func(p asking) bool { return p.id == id })
}

// arrived notes a call that was accepted.
func (a *asked) arrived(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = append(a.pending, asking{id: id})
}

// begins notes what a call whose handler begins is canceled by. It reports false if it was canceled before.
func (a *asked) begins(id uint64, c *callContext) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.find(id)
	if i < 0 || a.pending[i].canceled {
		return false
	}
	a.pending[i].context = c
	return true
}

func (a *asked) answered(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.find(id)
	if i < 0 {
		return
	}
	a.pending = slices.Delete(a.pending, i, i+1)
	if len(a.pending) == 0 {
		a.pending = nil
	}
}

// cancel withdraws a call. One that is not under way (any more) is none of our business.
func (a *asked) cancel(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.find(id)
	switch {
	case i < 0:
	case a.pending[i].context == nil:
		a.pending[i].canceled = true
	default:
		a.pending[i].context.end()
	}
}
