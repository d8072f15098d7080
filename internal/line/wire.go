package line

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// A Wire is one connection of a session: a cursor over its logs. Until its hello it belongs to nobody; then to one line, for good. What comes up by
// it is in receive.go, what goes down in next.go.
type Wire struct {
	registry *Registry
	codec    codec.Codec
	sink     transport.Sink // nil: the wire only brings packets and takes the answer

	line atomic.Pointer[Line] // set once, with both locks held
	own  sync.Mutex           // guards what follows while there is no line; then the line's lock does. Next looks at what comes first

	dry      bool // the last Next left nothing; it belongs to who calls Next
	asked    bool // by Hold: the wire is a poll, over with its answer, and needs no heartbeat
	answered bool // the poll has taken its batch
	detached bool
	resumed  bool
	discards bool // after gone: everything is dropped until the next hello
	// What Next has to say, in this order.
	sayWelcome bool
	sayAck     bool     // in any case: the last word of a POST
	control    *control // packets without numbers; nil: none wait

	down      uint64 // the number that the peer gives the next numbered packet; 0: it was told none
	closed    *transport.CloseError
	closedAt  moment
	number    uint64
	up        session.Cursor
	hold      time.Duration // that the hello lets the answer wait
	madeKey   string        // the key that the server made, to be told in welcome
	heard     moment        // when something last came
	pinged    moment        // 0: no ping is unanswered
	pingAfter time.Duration // of silence
	ends      moment        // when the connection has to be over; 0: it may last
	moves     moment        // when the peer is asked to move to another one before that; 0: it was, or need not be
	refusals  uint32        // how many hellos were answered by gone

	request   *http.Request // until the wire joins a line
	transport string
	runner    transport.Runner // of handlers; nil: they have goroutines of their own
	once      bool             // one frame comes up, and no more

	_ [16]byte // 256 bytes begin where a cache line does
}

var _ transport.Wire = (*Wire)(nil)

// lock takes the lock that guards the wire, and returns it.
func (w *Wire) lock() *sync.Mutex {
	for {
		l := w.line.Load()
		m := &w.own
		if l != nil {
			m = &l.mu
		}
		m.Lock()
		if w.line.Load() == l {
			return m
		}
		m.Unlock() // the hello came in between
	}
}

var errDetached = &transport.CloseError{Code: codeGoingAway, Message: "detached"}

// Detach implements transport.Wire.
func (w *Wire) Detach(cause error) {
	m := w.lock()
	defer m.Unlock()
	l := w.line.Load()
	if l != nil && w.sink != nil && !w.detached {
		w.registry.wires.Add(-1)
	}
	w.detached = true
	w.control.free()
	w.control = nil
	if w.closed == nil {
		w.closed = errDetached
	} else {
		w.registry.closing.remove(w)
	}
	if l != nil {
		l.detachLocked(w, errors.Is(cause, transport.ErrAnswered))
	}
}

// goawayLocked asks the peer to move to another wire at a random moment within d.
func (w *Wire) goawayLocked(d time.Duration) {
	w.controlLocked(&codec.Packet{Kind: codec.KindGoaway, Millis: millis(d)})
	w.sink.Wake()
}

// closeLocked makes a close packet the wire's last word.
func (w *Wire) closeLocked(c *transport.CloseError) {
	if w.closed != nil {
		return
	}
	p := c.Packet()
	p.Message = Clip(p.Message)
	w.controlLocked(p)
	w.closed, w.closedAt = c, w.registry.now()
	if w.sink != nil {
		w.registry.closing.add(w)
	}
	if l := w.line.Load(); l != nil {
		l.lookLocked(w.nextLookLocked(&l.registry.options))
	}
}

// heardLocked notes a sign of life.
func (w *Wire) heardLocked() {
	w.heard = w.registry.now()
	w.pinged = 0
}

func protocolError(format string, args ...any) error {
	return &transport.CloseError{Code: transport.CodeProtocol, Message: fmt.Sprintf(format, args...)}
}

func tooLarge(n, limit int) error {
	return &transport.CloseError{
		Code:    transport.CodePayloadTooLarge,
		Message: fmt.Sprintf("%d bytes are over the limit of %d", n, limit),
	}
}
