package hawser

import "sync"

// asked are the calls of a client that have come and are not answered: what a cancel is for. They are the inbox's items, until they are released.
type asked struct {
	mu          sync.Mutex // guards what follows, and what items have of asking
	first, last *item
}

// asking is what an item has that is a call.
type asking struct {
	scope    *callContext // of the handler's goroutine
	begun    bool         // guarded by asked, with what follows
	canceled bool         // before it had begun
	later    *item        // the next one of asked
}

// arrived notes a call that was accepted.
func (a *asked) arrived(call *item) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == nil {
		a.first = call
	} else {
		a.last.later = call
	}
	a.last = call
}

// begins says that a call's handler begins, which its scope can end. It reports false if the call was canceled before.
func (a *asked) begins(call *item) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	call.begun = true
	return !call.canceled
}

func (a *asked) answered(call *item) {
	a.mu.Lock()
	defer a.mu.Unlock()
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
		switch {
		case i.packet.ID != id:
			continue
		case i.begun:
			i.scope.end()
		default:
			i.canceled = true
		}
		return
	}
}
