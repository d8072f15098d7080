package hawser

import (
	"sync"
	"sync/atomic"
)

// asked are the calls of a client that have come and are not answered: what a cancel is for. They are the inbox's items, until they are released.
type asked struct {
	mu          sync.Mutex // guards what follows, and later of all items
	first, last *item
}

// asking is what an item has that is a call.
type asking struct {
	scope *callContext  // set before the call has begun
	stage atomic.Uint32 // waits, begun, or canceled
	later *item         // the next one of asked
}

// The stages of a call.
const (
	waits uint32 = iota
	begun
	canceled // before it had begun
)

// begin says that a call's handler begins, which its scope can end. It reports false if the call was canceled before.
func (a *asking) begin() bool { return a.stage.CompareAndSwap(waits, begun) }

// cancel withdraws a call.
func (a *asking) cancel() {
	if !a.stage.CompareAndSwap(waits, canceled) && a.stage.Load() == begun {
		a.scope.end()
	}
}

// arrived notes the calls among what was accepted.
func (a *asked) arrived(items chain) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := items.first; i != nil; i = i.next {
		switch {
		case i.op != OpCall:
			continue
		case a.last == nil:
			a.first = i
		default:
			a.last.later = i
		}
		a.last = i
	}
}

// answered forgets the calls among what was handled.
func (a *asked) answered(items chain) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := items.first; i != nil; i = i.next {
		if i.op == OpCall {
			a.removeLocked(i)
		}
	}
}

func (a *asked) removeLocked(call *item) {
	var before *item
	for i := a.first; i != call; i = i.later { // mostly it is the first
		before = i
	}
	if before == nil {
		a.first = call.later
	} else {
		before.later = call.later
	}
	if a.last == call {
		a.last = before
	}
}

// cancel withdraws a call. One that is not under way (any more) is none of our business.
func (a *asked) cancel(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := a.first; i != nil; i = i.later {
		if i.packet.ID == id {
			i.cancel()
			return
		}
	}
}

// cancel withdraws a call that is not handed on yet. It reports whether it is there.
func (c *chain) cancel(id uint64) bool {
	for i := c.first; i != nil; i = i.next {
		if i.op == OpCall && i.packet.ID == id {
			i.asking.cancel()
			return true
		}
	}
	return false
}
