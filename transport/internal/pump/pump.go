// Package pump moves frames from a wire to its connection, on a goroutine that exists only while there are some.
package pump

import (
	"sync"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
)

// An Outlet is the connection's writing half. The pump calls it from one goroutine at a time.
type Outlet interface {
	// WriteFrame writes one frame, which it may not keep. With the last frame, which may be empty, last says why the wire is over.
	WriteFrame(frame []byte, last error) error
	// Ended is called at most once: after the last frame, with its reason, or after a write that failed, with its error.
	// Nothing is written after it. It may not call Stop.
	Ended(cause error)
}

type state int

const (
	idle    state = iota
	running       // a goroutine calls Next until nothing waits
	again         // the same, and a wake has come since it last called Next
	stopped
)

// A Pump pulls from a wire whenever it is woken, until nothing waits. Its methods may be called from any goroutine.
type Pump struct {
	wire   transport.Wire
	outlet Outlet

	runs sync.WaitGroup
	task func() // run, made once, so that a wake allocates nothing

	mu    sync.Mutex // guards what follows; held neither over Next nor over a write, so that Wake never waits
	state state
	final error // set by Finish: the wire is over when nothing waits, even if it does not say so
}

// New returns a pump that remembers wakes, and does nothing else until Start.
func New(o Outlet) *Pump {
	p := &Pump{outlet: o, state: running} // as if something was being written: a wake that comes too early is kept
	p.task = p.run
	return p
}

// Start gives the pump its wire. It must be called once, before Finish and Stop.
func (p *Pump) Start(w transport.Wire) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wire = w
	woken := p.state == again
	p.state = idle
	if woken {
		p.runLocked()
	}
}

// Wake makes the pump call Next until it returns nothing. It returns at once.
func (p *Pump) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeLocked()
}

// Finish makes the pump write what is left, and end with cause if the wire names no other. It returns at once.
func (p *Pump) Finish(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.final = cause
	p.wakeLocked()
}

// Stop waits for the write that is going on, and lets no other begin. Whoever cannot wait for it makes it fail first.
func (p *Pump) Stop() {
	p.mu.Lock()
	p.state = stopped
	p.mu.Unlock()
	p.runs.Wait()
}

func (p *Pump) wakeLocked() {
	switch p.state {
	case idle:
		p.runLocked()
	case running:
		p.state = again
	case again, stopped:
	}
}

func (p *Pump) runLocked() {
	p.state = running
	p.runs.Add(1)
	go p.task()
}

func (p *Pump) run() {
	defer p.runs.Done()
	lent := buffer.Get()
	defer buffer.Put(lent)
	for more := true; more; {
		frame, last := p.wire.Next((*lent)[:0])
		*lent = frame
		if len(frame) == 0 && last == nil {
			more, last = p.nothingWaits()
		}
		if len(frame) > 0 || last != nil {
			more = p.write(frame, last)
		}
	}
}

// nothingWaits settles what follows an empty Next: another one, the end for a reason, or rest.
func (p *Pump) nothingWaits() (more bool, last error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state == stopped:
		return false, nil
	case p.state == again:
		p.state = running
		return true, nil
	case p.final != nil:
		return true, p.final
	default:
		p.state = idle
		return false, nil
	}
}

// write reports whether the pump goes on.
func (p *Pump) write(frame []byte, last error) bool {
	err := p.outlet.WriteFrame(frame, last)
	if err == nil {
		err = last
	}
	p.mu.Lock()
	if err != nil {
		p.state = stopped
	}
	more := p.state != stopped
	p.mu.Unlock()
	if err != nil {
		p.outlet.Ended(err)
	}
	return more
}
