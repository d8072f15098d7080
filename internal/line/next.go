package line

import (
	"time"

	"github.com/hawser-go/hawser/codec"
)

// Hold implements transport.Wire.
func (w *Wire) Hold() time.Duration {
	m := w.lock()
	defer m.Unlock()
	w.asked = true
	l := w.line.Load()
	if l == nil || w.closed != nil || l.claims.InUse() != w || l.out.Waiting() || w.control != nil || l.stage != alive {
		return 0
	}
	l.awake = false // nothing waits, so the next packet must wake it
	return w.hold
}

// Dry implements transport.Wire.
func (w *Wire) Dry() bool { return w.dry }

// Next implements transport.Wire.
func (w *Wire) Next(dst []byte) ([]byte, error) {
	m := w.lock()
	defer m.Unlock()
	if w.detached {
		return dst, w.closed
	}
	w.answered = w.asked
	w.dry = false
	f := newFrame(w.codec, dst)
	l := w.line.Load()
	switch {
	case l == nil:
		w.sayControl(&f)
	case w.closed != nil:
		w.lastLocked(l, &f)
	default:
		w.nextLocked(l, &f)
	}
	if w.closed != nil {
		return f.buf, w.closed
	}
	return f.buf, f.err
}

// nextLocked writes what waits on the line for this wire: what has no number first.
func (w *Wire) nextLocked(l *Line, f *frame) {
	inUse := l.claims.InUse() == w
	if w.sayWelcome {
		w.welcomeLocked(l, f, inUse)
	}
	w.sayControl(f)
	if !inUse {
		if w.sayAck {
			w.ackLocked(l, f)
		}
		return
	}
	if w.down == 0 {
		w.sayStart(f, l.out.Cursor()) // also when nothing follows: it is the answer to use
	}
	if l.acks.Owed() && (!f.empty() || l.out.Waiting() || l.acks.Due(l.in.Accepted(), time.Now())) {
		w.ackLocked(l, f)
	}
	w.batchLocked(l, f)
	if sent, _ := l.out.Len(); sent > 0 && l.stalledSince == 0 {
		l.stalledSince = l.registry.now()
		l.lookLocked(l.stalledSince.add(l.registry.options.StaleAfter))
	}
	if w.dry = !l.out.Waiting(); w.dry || f.empty() {
		l.awake = false // what comes from now on wakes it
	}
}

// batchLocked writes numbered packets, as many as a frame holds.
func (w *Wire) batchLocked(l *Line, f *frame) {
	for budget := l.registry.options.MaxFrame; ; {
		n := l.out.Cursor()
		p := l.out.Next(budget)
		if p == nil {
			return
		}
		if n != w.down { // what came before was acknowledged by way of another wire
			w.sayStart(f, n)
		}
		w.down++
		budget -= p.Len() + len(f.separator)
		f.raw(p.Bytes())
	}
}

// lastLocked writes the last words of a wire: the close is among its control packets.
func (w *Wire) lastLocked(l *Line, f *frame) {
	if w.sayWelcome {
		w.welcomeLocked(l, f, false)
	}
	if w.sayAck || l.claims.InUse() == w && l.acks.Owed() {
		w.ackLocked(l, f)
	}
	w.sayControl(f)
}

func (w *Wire) welcomeLocked(l *Line, f *frame, active bool) {
	w.sayWelcome = false
	f.welcome(l, w, active)
	l.acks.Said(l.in.Accepted())
}

// lostAccepted is what a welcome says of the session that the client lost before, to a hello that could ask.
func (w *Wire) lostAccepted(l *Line) *uint64 {
	if w.resumed {
		return nil
	}
	return l.lost
}

func (w *Wire) ackLocked(l *Line, f *frame) {
	w.sayAck = false
	f.number(codec.KindAck, l.in.Accepted())
	l.acks.Said(l.in.Accepted())
}

func (w *Wire) sayStart(f *frame, n uint64) {
	w.down = n
	f.number(codec.KindStart, n)
}
