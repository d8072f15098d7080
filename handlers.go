package hawser

import (
	"context"
	"sync"
)

// handlers counts the goroutines that run handlers, so that Shutdown can wait for them. Unlike a sync.WaitGroup it may be added to while it is waited for.
type handlers struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n becomes 0; nil while nobody waits
}

// Add adds n goroutines.
func (h *handlers) Add(n int) {
	h.mu.Lock()
	h.n += n
	h.mu.Unlock()
}

// Done says that one has ended.
func (h *handlers) Done() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n--
	if h.n == 0 && h.idle != nil {
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
