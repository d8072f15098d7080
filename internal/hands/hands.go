// Package hands keeps goroutines for the next task, because their stacks have grown to what tasks need: a new one begins with 2 KiB, and growing it costs more
// than a short task does.
package hands

import (
	"context"
	"runtime"
	"sync"
)

// A Task is something to be done. It may take as long as it likes, and it may end its goroutine, as runtime.Goexit does.
type Task interface{ Run() }

// A Pool has a goroutine for every task. Some stay for the next one, for as long as somebody counts who may bring it: at most four for each processor. The zero
// value is ready, and its methods may be called at the same time.
type Pool struct {
	mu     sync.Mutex
	n      int           // tasks that run, and what else is counted
	parked []*hand       // that have nothing to do; the last one is the first to be used
	idle   chan struct{} // closed when n becomes 0; nil while nobody waits
}

// A hand is one goroutine.
type hand struct {
	next chan Task // closed when it is not needed any more
}

// maxParked is how many goroutines stay.
var maxParked = 4 * runtime.GOMAXPROCS(0)

// Run has a task done, and counts it until then. It returns at once.
func (p *Pool) Run(t Task) {
	p.mu.Lock()
	p.n++
	last := len(p.parked) - 1
	if last < 0 {
		p.mu.Unlock()
		go (&hand{next: make(chan Task, 1)}).work(p, t)
		return
	}
	parked := p.parked[last]
	p.parked = p.parked[:last]
	p.mu.Unlock()
	parked.next <- t
}

func (h *hand) work(p *Pool, t Task) {
	for t != nil {
		do(p, t)
		if !p.park(h) {
			return
		}
		t = <-h.next
	}
}

func do(p *Pool, t Task) {
	returned := false
	defer func() {
		if !returned { // the task has ended the goroutine
			p.Done()
		}
	}()
	t.Run()
	returned = true
}

// park says that a task is done, and reports whether its goroutine is to stay.
func (p *Pool) park(h *hand) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doneLocked()
	if p.n == 0 || len(p.parked) >= maxParked {
		return false
	}
	p.parked = append(p.parked, h)
	return true
}

// Add counts n more.
func (p *Pool) Add(n int) {
	p.mu.Lock()
	p.n += n
	p.mu.Unlock()
}

// Done says that one that was counted is over.
func (p *Pool) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doneLocked()
}

func (p *Pool) doneLocked() {
	p.n--
	if p.n > 0 {
		return
	}
	for _, h := range p.parked {
		close(h.next)
	}
	p.parked = nil
	if p.idle != nil {
		close(p.idle)
		p.idle = nil
	}
}

// Wait waits until nothing is counted, or ctx ends.
func (p *Pool) Wait(ctx context.Context) error {
	p.mu.Lock()
	if p.n == 0 {
		p.mu.Unlock()
		return nil
	}
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	idle := p.idle
	p.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
