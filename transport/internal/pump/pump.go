// Package pump moves frames from a wire to its connection, on goroutines that exist only while there are some.
package pump

import (
	"sync"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
)

// batch is about how many bytes go into one write, if so many wait. A frame that is bigger goes whole.
const batch = 64 << 10

type state uint8

const (
	idle      state = iota
	running         // somebody calls Next until nothing waits, or is about to
	again           // the same, and a wake has come since it last found nothing
	held            // nobody does, until whoever called Hold flushes or releases
	gathering       // nobody does for a moment, so that more is written together
	stopped
)

// A Pump pulls from a wire whenever it is woken, until nothing waits, and writes all that it finds in one piece. Its methods may be called
// from any goroutine.
type Pump struct {
	wire   transport.Wire
	outlet Outlet

	// Of a crew's pump; nil where each run has a goroutine of its own, which waits for the peer.
	direct NonBlocking
	shard  *shard
	next   *Pump // in the shard's queue

	runs sync.WaitGroup
	task func() // run, made once, so that a wake allocates nothing
	pace pace   // of whoever runs

	mu    sync.Mutex // guards what follows; held neither over Next nor over a write, so that Wake never waits
	state state
	final error       // set by Finish: the wire is over when nothing waits, even if it does not say so
	rest  *time.Timer // ends the gathering; nil before the first
}

// New returns a pump that remembers wakes, and does nothing else until Start.
func New(o Outlet) *Pump {
	p := &Pump{outlet: o, state: running} // as if something was being written: a wake that comes too early is kept
	p.task = p.run
	return p
}

// Start gives the pump its wire. It must be called once, before Flush, Finish and Stop.
func (p *Pump) Start(w transport.Wire) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wire = w
	woken := p.state == again
	p.state = idle
	if woken {
		p.wakeLocked()
	}
}

// Wake makes the pump call Next until it returns nothing. It returns at once.
func (p *Pump) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeLocked()
}

// Flush is Wake for a caller that need not return at once, and may itself call Next, after what has come from the peer was handled: what waits goes out
// before it returns, if the peer need not be waited for, and does not gather.
func (p *Pump) Flush() {
	p.mu.Lock()
	if p.state != idle && p.state != held && p.state != gathering {
		p.wakeLocked()
		p.mu.Unlock()
		return
	}
	p.pace.answers = true
	if p.direct == nil {
		p.startLocked()
		p.mu.Unlock()
		return
	}
	p.beginLocked()
	p.mu.Unlock()
	lent := buffer.Get()
	defer buffer.Put(lent)
	if p.turn(lent) {
		p.shard.add(p)
	}
}

// Hold makes wakes wait for a Flush or a Release, one of which must follow, so that what comes of much that is handled together goes out together. It
// does nothing to a run that is going on.
func (p *Pump) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == idle {
		p.state = held
	}
}

// Release ends a Hold as a Wake does. It returns at once.
func (p *Pump) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.releaseLocked()
}

// Finish makes the pump write what is left, and end with cause if the wire names no other. It returns at once.
func (p *Pump) Finish(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.final = cause
	p.releaseLocked()
	p.wakeLocked()
}

// Stop waits for the write that is going on, and lets no other begin. Whoever cannot wait for it makes it fail first.
func (p *Pump) Stop() {
	p.mu.Lock()
	p.state = stopped
	if p.rest != nil {
		p.rest.Stop()
	}
	p.mu.Unlock()
	p.runs.Wait()
}

func (p *Pump) wakeLocked() {
	switch p.state {
	case idle:
		p.startLocked()
	case running:
		p.state = again
	case again, held, gathering, stopped:
	}
}

func (p *Pump) startLocked() {
	p.beginLocked()
	if p.shard != nil {
		p.shard.add(p)
	} else {
		go p.task()
	}
}

func (p *Pump) releaseLocked() {
	if p.state == held {
		p.state = idle
		p.wakeLocked()
	}
}

func (p *Pump) beginLocked() {
	p.state = running
	p.runs.Add(1)
}

// gathers reports whether a run that is about to write ends instead, and another one follows in a moment: see pace.
func (p *Pump) gathers() bool {
	rest := p.pace.take()
	if rest == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == stopped || p.final != nil {
		return false
	}
	p.state = gathering
	if p.rest == nil {
		p.rest = time.AfterFunc(rest, p.rested)
	} else {
		p.rest.Reset(rest)
	}
	return true
}

func (p *Pump) rested() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == gathering { // and not flushed meanwhile
		p.pace.rested = true
		p.startLocked()
	}
}

// run is a whole run on a goroutine of its own, which waits for the peer.
func (p *Pump) run() {
	defer p.runs.Done()
	lent := buffer.Get()
	defer buffer.Put(lent)
	p.runWaiting(lent)
}

func (p *Pump) runWaiting(lent *[]byte) {
	for !p.gathers() {
		r, some := p.gather(lent)
		if !some || !p.wrote(p.outlet.Write(*lent, r.last), r) {
			return
		}
	}
}

// turn is one write of a run that waits for nobody. It reports whether the run needs another turn. Where the peer does not take all at once, the
// run goes on elsewhere, and waits.
func (p *Pump) turn(lent *[]byte) (more bool) {
	if r, some := p.gather(lent); some {
		n, err := p.direct.TryWrite(*lent)
		if err == nil && n < len(*lent) {
			tail := buffer.Get()
			*tail = append(*tail, (*lent)[n:]...)
			go p.finishWaiting(tail, r)
			return false
		}
		more = p.wrote(err, r)
	}
	if !more {
		p.runs.Done()
	}
	return more
}

// finishWaiting finishes a run with what the peer did not take at once.
func (p *Pump) finishWaiting(tail *[]byte, r round) {
	defer p.runs.Done()
	defer buffer.Put(tail)
	if p.wrote(p.outlet.Write(*tail, r.last), r) {
		p.runWaiting(tail)
	}
}

// A round is what one look at the wire found, apart from the bytes.
type round struct {
	last error // why the wire is over
	dry  bool  // nothing more waits
}

// gather fills lent with what waits, for one write. Where nothing does, it reports false, and the run is over.
func (p *Pump) gather(lent *[]byte) (r round, some bool) {
	for {
		r = p.pull(lent)
		if len(*lent) > 0 || r.last != nil {
			return r, true
		}
		more, final := p.nothingWaits()
		if final != nil {
			*lent = p.outlet.AppendLast(*lent, final)
			return round{last: final}, true
		}
		if !more {
			return r, false
		}
	}
}

func (p *Pump) pull(lent *[]byte) (r round) {
	buf := (*lent)[:0]
	for len(buf) < batch && r.last == nil && !r.dry {
		before := len(buf)
		buf, r.last = p.outlet.AppendNext(buf, p.wire)
		r.dry = len(buf) == before || p.wire.Dry()
	}
	if r.last != nil {
		buf = p.outlet.AppendLast(buf, r.last)
	}
	*lent = buf
	p.pace.wrote(len(buf))
	return r
}

// nothingWaits settles what follows an empty Next: another one, the end for a reason, or rest.
func (p *Pump) nothingWaits() (more bool, final error) {
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

// wrote settles what follows a write, and reports whether the run goes on.
func (p *Pump) wrote(err error, r round) bool {
	if err == nil {
		err = r.last
	}
	if err == nil {
		return p.goesOn(r)
	}
	p.mu.Lock()
	p.state = stopped
	p.mu.Unlock()
	p.outlet.Ended(err)
	return false
}

func (p *Pump) goesOn(r round) bool {
	if r.dry {
		more, _ := p.nothingWaits()
		return more
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state != stopped
}
