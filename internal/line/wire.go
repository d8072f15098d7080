package line

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// A Wire is one connection of a session: a cursor over its logs. Until its hello it belongs to nobody; then to one line, for good.
type Wire struct {
	registry  *Registry
	request   *http.Request
	transport string
	codec     codec.Codec
	sink      transport.Sink // nil: the wire only brings packets and takes the answer
	once      bool           // one frame comes up, and no more

	own  sync.Mutex           // guards what follows while there is no line; then the line's lock does
	line atomic.Pointer[Line] // set once

	number     uint64
	cursor     session.Cursor
	hold       time.Duration
	madeKey    string // the key that the server made, to be told in welcome
	control    []byte // control packets to be written, encoded, joined
	sayWelcome bool
	resumed    bool
	sayStart   bool
	answers    bool // its last word is an ack: POST send
	discards   bool // after gone: everything is dropped until the next hello
	detached   bool
	closed     *transport.CloseError
	closedAt   time.Time
	heard      time.Time     // when something last came
	pinged     time.Time     // zero: no ping is unanswered
	pingAfter  time.Duration // of silence
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

// Receive implements transport.Wire.
func (w *Wire) Receive(ctx context.Context, frame []byte) error {
	err := w.receive(ctx, frame)
	if err == nil {
		return nil
	}
	var c *transport.CloseError
	if !errors.As(err, &c) {
		c = &transport.CloseError{Code: transport.CodeProtocol, Message: err.Error()}
	}
	m := w.lock()
	defer m.Unlock()
	if c == errGone { // gone has been said, and nothing else need be
		w.closed, w.closedAt = c, time.Now()
		return c
	}
	w.closeLocked(c)
	return c
}

// errGone ends a wire whose only hello was answered by gone.
var errGone = &transport.CloseError{Code: "gone", Message: "no such session"}

func (w *Wire) receive(ctx context.Context, frame []byte) error {
	if len(frame) > w.registry.MaxFrame() {
		return tooLarge(len(frame), w.registry.options.MaxFrame)
	}
	for first := true; first || len(frame) > 0; first = false {
		p := new(codec.Packet)
		rest, err := w.codec.NextPacket(frame, p)
		if err != nil {
			return err
		}
		size := len(frame) - len(rest)
		frame = rest
		if p.Kind.Numbered() && size > w.registry.options.MaxFrame+1 { // a separator
			return tooLarge(size, w.registry.options.MaxFrame)
		}
		if p.Kind == codec.KindHello {
			err = w.hello(p)
		} else {
			err = w.packet(ctx, p, size)
		}
		if err != nil {
			return err
		}
	}
	if w.once && w.line.Load() == nil {
		return errGone
	}
	return nil
}

// packet takes one packet that is not a hello.
func (w *Wire) packet(ctx context.Context, p *codec.Packet, size int) error {
	l := w.line.Load()
	if l == nil {
		if w.discards {
			return nil
		}
		return protocolError("the first packet of a wire must be hello, not %v", p.Kind)
	}
	if p.Kind.Numbered() {
		return l.accept(ctx, w, p, size)
	}

	l.mu.Lock()
	var wake *Wire
	defer func() { l.mu.Unlock(); wakeUp(wake) }()
	if w.closed != nil {
		return w.closed
	}
	w.heardLocked()
	switch p.Kind {
	case codec.KindStart:
		if err := l.in.Start(&w.cursor, p.N); err != nil {
			return l.leapLocked(err)
		}
	case codec.KindAck:
		err := l.ackLocked(p.N)
		if err == nil && l.out.Waiting() { // room in the sent part
			wake = l.wakeLocked()
		}
		return err
	case codec.KindUse:
		return l.useLocked(w, p, &wake)
	case codec.KindPing:
		w.controlLocked(&codec.Packet{Kind: codec.KindPong, N: p.N})
		wake = w
	case codec.KindPong:
		// heardLocked has said it all. One that came by POST speaks for the wires that cannot speak.
		if w.sink == nil {
			for _, o := range l.wires {
				if o.number == w.number {
					o.heardLocked()
				}
			}
		}
	case codec.KindClose:
		if p.Code == codeLeaving {
			l.patience = l.registry.options.LeaveFor
			l.aloneSince = time.Now()
		}
		return &transport.CloseError{Code: p.Code, Message: p.Message}
	case codec.KindVolatile:
		if !l.over && l.roomFor(size) {
			l.app.Accept(p, 0)
		}
	default:
		return protocolError("%v does not go up", p.Kind)
	}
	return nil
}

// accept takes one numbered packet, and waits while the inbox is full.
func (l *Line) accept(ctx context.Context, w *Wire, p *codec.Packet, size int) error {
	room := 0
	if Waits(p.Kind) {
		room = size
	}
	for {
		l.mu.Lock()
		if w.closed != nil {
			l.mu.Unlock()
			return w.closed
		}
		w.heardLocked()
		fresh, err := l.in.Accept(&w.cursor, room)
		switch {
		case errors.Is(err, session.ErrFull):
			free := l.roomLocked()
			l.mu.Unlock()
			select {
			case <-free:
				continue
			case <-ctx.Done():
				return &transport.CloseError{Code: transport.CodeBusy, Message: "the inbox is full", Retry: 250 * time.Millisecond}
			}
		case errors.Is(err, session.ErrAfterEnd):
			// The peer could not know yet. It learns from our end, which it gets as soon as it asks.
			l.mu.Unlock()
			return nil
		case err != nil:
			l.mu.Unlock()
			return err
		case !fresh:
			l.mu.Unlock()
			return nil
		}
		l.acks.Accepted(size, time.Now())
		var end *End
		switch {
		case p.Kind == codec.KindEnd:
			if !l.over {
				end = &End{Code: p.Code, Message: p.Message, ByPeer: true}
				l.over = true
				l.in.End()
			}
		case !downOnly(p.Kind):
			l.app.Accept(p, room)
		default:
			l.mu.Unlock()
			return protocolError("%v does not go up", p.Kind)
		}
		var wake *Wire
		if l.acks.Due(l.in.Accepted(), time.Now()) {
			wake = l.claims.InUse()
		}
		l.mu.Unlock()
		wakeUp(wake)
		if end != nil {
			l.app.Ended(end)
			l.finish() // who ended it wants nothing more of it
		}
		return nil
	}
}

// downOnly reports whether a numbered kind is the server's alone.
func downOnly(k codec.Kind) bool {
	switch k {
	case codec.KindMessage, codec.KindReset, codec.KindPresence, codec.KindLeft:
		return true
	}
	return false
}

// roomFor reports whether a packet that is not numbered may join the inbox: it must not push out those that are.
func (l *Line) roomFor(size int) bool {
	packets, bytes := l.in.Inbox()
	return packets < 128 && bytes+size < 128<<10
}

func (l *Line) leapLocked(err error) error {
	if errors.Is(err, session.ErrLeapAgain) && !l.over {
		end := &End{Code: transport.CodeProtocol, Message: err.Error()}
		l.endLocked(end)
		go l.app.Ended(end)
	}
	return &transport.CloseError{Code: transport.CodeLeap, Message: err.Error()}
}

func (l *Line) ackLocked(n uint64) error {
	if err := l.out.Ack(n); err != nil {
		return err
	}
	if l.out.Done() {
		// The peer has all of it, the end too: nothing keeps the line any more.
		go l.finish()
	}
	return nil
}

// finish forgets a line that is over and all of whose packets are acknowledged.
func (l *Line) finish() {
	l.registry.forget(l)
	l.dropWires(&transport.CloseError{Code: CodeClosed})
}

// useLocked moves the server's sending to the wire that p names.
func (l *Line) useLocked(w *Wire, p *codec.Packet, wake **Wire) error {
	if err := l.ackLocked(p.Recv); err != nil {
		return err
	}
	for _, o := range l.wires {
		if o.number != p.Wire || o.closed != nil {
			continue
		}
		if displaced, taken := l.takeLocked(o, p.Claim, p.Recv); taken {
			*wake = o
			if displaced != nil {
				displaced.sink.Wake() // a poll answers; others find nothing
			}
		}
		return nil
	}
	return nil // it has ended meanwhile; the client will see
}

// Hold implements transport.Wire.
func (w *Wire) Hold() time.Duration {
	m := w.lock()
	defer m.Unlock()
	l := w.line.Load()
	if l == nil || w.closed != nil || l.claims.InUse() != w || l.out.Waiting() || len(w.control) > 0 || l.over {
		return 0
	}
	l.awake = false // nothing waits, so the next packet must wake it
	return w.hold
}

// Next implements transport.Wire.
func (w *Wire) Next(dst []byte) ([]byte, error) {
	m := w.lock()
	defer m.Unlock()
	l := w.line.Load()
	f := frame{codec: w.codec, buf: dst, start: len(dst)}
	if l != nil && !w.detached {
		w.nextLocked(l, &f)
	}
	f.raw(w.control) // a close, or what was said before there was a line
	w.control = nil
	if w.closed != nil {
		return f.buf, w.closed
	}
	return f.buf, f.err
}

// nextLocked appends what waits on the line for this wire: control packets first, and a close last.
func (w *Wire) nextLocked(l *Line, f *frame) {
	inUse, open := l.claims.InUse() == w, w.closed == nil
	if w.sayWelcome {
		w.sayWelcome = false
		f.welcome(l, w, inUse)
	}
	if open {
		f.raw(w.control)
		w.control = nil
	}
	if w.answers || inUse && l.acks.Owed() && (!open || len(f.buf) > f.start || l.out.Waiting() || l.acks.Due(l.in.Accepted(), time.Now())) {
		w.answers = false
		f.packet(&codec.Packet{Kind: codec.KindAck, N: l.in.Accepted()})
		l.acks.Said(l.in.Accepted())
	}
	if !inUse || !open {
		return
	}
	if w.sayStart {
		w.sayStart = false
		f.packet(&codec.Packet{Kind: codec.KindStart, N: l.out.Cursor()})
	}
	for budget := l.registry.options.MaxFrame; ; {
		p := l.out.Next(budget)
		if p == nil {
			break
		}
		budget -= p.Len() + len(w.codec.Separator())
		f.raw(p.Bytes())
	}
	if len(f.buf) == f.start {
		l.awake = false
	}
}

// Detach implements transport.Wire.
func (w *Wire) Detach(error) {
	m := w.lock()
	defer m.Unlock()
	w.detached = true
	if w.closed == nil {
		w.closed = &transport.CloseError{Code: codeGoingAway, Message: "detached"}
	}
	if l := w.line.Load(); l != nil {
		l.detachLocked(w)
	}
}

// controlLocked queues a control packet.
func (w *Wire) controlLocked(p *codec.Packet) {
	encoded, err := w.codec.AppendPacket(nil, p)
	if err != nil {
		w.registry.options.Logger.Error("hawser: cannot encode", "packet", p.Kind, "error", err)
		return
	}
	w.appendControl(encoded)
}

func (w *Wire) appendControl(encoded []byte) {
	if len(w.control) > 0 {
		w.control = append(w.control, w.codec.Separator()...)
	}
	w.control = append(w.control, encoded...)
}

// closeLocked makes a close packet the wire's last word.
func (w *Wire) closeLocked(c *transport.CloseError) {
	if w.closed != nil {
		return
	}
	w.controlLocked(&codec.Packet{Kind: codec.KindClose, Code: c.Code, Message: c.Message, Millis: millis(c.Retry)})
	w.closed, w.closedAt = c, time.Now()
}

// heardLocked notes a sign of life.
func (w *Wire) heardLocked() {
	w.heard = time.Now()
	w.pinged = time.Time{}
}

// heldUntilAnswered reports whether the wire is over with its answer, and so needs no heartbeat.
func (w *Wire) heldUntilAnswered() bool { return w.hold > 0 }
