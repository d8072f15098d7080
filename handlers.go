package hawser

import (
	"context"
	"runtime"
	"sync"
)

// handlers are the goroutines that run inboxes which no transport's does. They are counted, so that Shutdown can wait for them, and some stay for the next
// inbox while there are sessions: their stacks have grown to what handlers need, and growing another one costs more than a short handler does.
type handlers struct {
	mu     sync.Mutex
	n      int           // inboxes that run here, goroutines of concurrent handlers, and sessions that have not been through OnDisconnect
	parked []*hand       // that have nothing to do, the last one first to be used
	idle   chan struct{} // closed when n becomes 0; nil while nobody waits
}

// A hand is one goroutine of handlers.
type hand struct {
	next chan *inbox // closed when it is not needed any more
}

// maxParked is how many goroutines stay.
var maxParked = 4 * runtime.GOMAXPROCS(0)

// run runs an inbox until it rests.
func (h *handlers) run(in *inbox) {
	h.mu.Lock()
	h.n++
	last := len(h.parked) - 1
	if last < 0 {
		h.mu.Unlock()
		go (&hand{next: make(chan *inbox, 1)}).work(h, in)
		return
	}
	parked := h.parked[last]
	h.parked = h.parked[:last]
	h.mu.Unlock()
	parked.next <- in
}

func (w *hand) work(h *handlers, in *inbox) {
	for in != nil {
		w.handle(h, in)
		if !h.park(w) {
			return
		}
		in = <-w.next
	}
}

// handle runs one inbox.
func (w *hand) handle(h *handlers, in *inbox) {
	rests := false
	defer func() {
		if !rests { // a handler has ended the goroutine
			h.Done()
		}
	}()
	in.Run()
	rests = true
}

// park says that an inbox rests, and reports whether its goroutine is to stay.
func (h *handlers) park(w *hand) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doneLocked()
	if h.n == 0 || len(h.parked) >= maxParked {
		return false
	}
	h.parked = append(h.parked, w)
	return true
}

// Add counts n more.
func (h *handlers) Add(n int) {
	h.mu.Lock()
	h.n += n
	h.mu.Unlock()
}

// Done says that one has ended.
func (h *handlers) Done() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doneLocked()
}

func (h *handlers) doneLocked() {
	h.n--
	if h.n > 0 {
		return
	}
	for _, w := range h.parked {
		close(w.next)
	}
	h.parked = nil
	if h.idle != nil {
		close(h.idle)
		h.idle = nil
	}
}

// wait waits until there are none, or ctx ends.
func (h *handlers) wait(ctx context.Context) error {
	h.mu.Lock()
	if h.n == 0 {
		h.mu.Unlock()
		return nil
	}
	if h.idle == nil {
		h.idle = make(chan struct{})
	}
	idle := h.idle
	h.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
