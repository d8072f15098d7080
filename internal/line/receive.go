package line

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// errGone ends a wire whose only hello was answered by gone.
var errGone = &transport.CloseError{Code: codeGone, Message: "no such session"}

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
		w.closed = c
		return c
	}
	w.closeLocked(c)
	return c
}

func (w *Wire) receive(ctx context.Context, frame []byte) error {
	if len(frame) > w.registry.MaxFrame() {
		return tooLarge(len(frame), w.registry.MaxFrame())
	}
	whole := len(frame)
	d := decodings.Get().(*decoding)
	defer d.done()
	p := &d.packet
	for first := true; first || len(frame) > 0; first = false {
		rest, err := d.next(w.codec, frame)
		if err != nil {
			return err
		}
		size := len(frame) - len(rest)
		frame = rest
		if p.Kind == codec.KindHello {
			err = w.hello(ctx, p)
		} else {
			ownPayload(p, size, whole)
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

// ownPayload copies a small payload out of a big frame, which would otherwise stay in memory with it while it waits in the inbox: so what the inbox
// holds is never much more than what it counts.
func ownPayload(p *codec.Packet, size, frame int) {
	if frame > 4<<10 && size < frame/8 {
		p.Data.Raw = bytes.Clone(p.Data.Raw)
	}
}

// packet takes one packet that is not a hello.
func (w *Wire) packet(ctx context.Context, p *codec.Packet, size int) error {
	l := w.line.Load()
	switch {
	case l == nil && w.discards:
		return nil
	case l == nil:
		return protocolError("the first packet of a wire must be hello, not %v", p.Kind)
	case !p.Kind.Numbered():
		return l.control(w, p, size)
	case size > l.registry.options.MaxFrame+len(w.codec.Separator()):
		return tooLarge(size, l.registry.options.MaxFrame)
	}
	return l.accept(ctx, w, p, size)
}

// control takes one packet without a number.
func (l *Line) control(w *Wire, p *codec.Packet, size int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.closed != nil {
		return w.closed
	}
	w.heardLocked()
	switch p.Kind {
	case codec.KindStart:
		if err := l.in.Start(&w.up, p.N); err != nil {
			return l.leapLocked(err)
		}
	case codec.KindAck:
		return l.ackLocked(p.N)
	case codec.KindUse:
		return l.useLocked(p)
	case codec.KindPing:
		if w.control.len() < controlRoom { // a peer that pings and does not read gets no more
			w.controlLocked(&codec.Packet{Kind: codec.KindPong, N: p.N})
			wakeSink(w)
		}
	case codec.KindPong:
		if w.sink == nil { // it speaks for a wire that cannot
			l.heardOfLocked(w.number)
		}
	case codec.KindClose:
		return l.closedByPeerLocked(p)
	case codec.KindVolatile:
		if l.stage == alive && l.volatiles.accept(size) {
			l.app.Accept(p, size, l.registry.timeOf(w.heard), w.runner)
		}
	default:
		return protocolError("%v does not go up", p.Kind)
	}
	return nil
}

// heardOfLocked notes a sign of life of the wires with that number.
func (l *Line) heardOfLocked(number uint64) {
	for _, w := range l.wires {
		if w.number == number {
			w.heardLocked()
		}
	}
}

func (l *Line) closedByPeerLocked(p *codec.Packet) error {
	if p.Code == codeLeaving {
		l.leaveLocked()
	}
	return &transport.CloseError{Code: cmp.Or(Clip(p.Code), codeGoingAway)} // its message is not told back
}

// accept takes one numbered packet, and waits while the inbox is full.
func (l *Line) accept(ctx context.Context, w *Wire, p *codec.Packet, size int) error {
	for {
		full, err := l.tryAccept(w, p, size)
		if full == nil {
			return err
		}
		select {
		case <-full:
		case <-ctx.Done():
			return &transport.CloseError{
				Code: transport.CodeBusy, Message: "the inbox is full", Retry: 250 * time.Millisecond,
			}
		}
	}
}

// tryAccept takes one numbered packet if the inbox has room, and otherwise returns what is closed when it has.
func (l *Line) tryAccept(w *Wire, p *codec.Packet, size int) (full <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.closed != nil {
		return nil, w.closed
	}
	w.heardLocked()
	room := 0
	if Waits(p.Kind) {
		room = size
	}
	fresh, err := l.in.Accept(&w.up, room)
	switch {
	case errors.Is(err, session.ErrFull):
		return l.roomLocked(), nil
	case errors.Is(err, session.ErrAfterEnd):
		return nil, nil // the peer could not know yet. It learns from our end, which it gets as soon as it asks
	case err != nil:
		return nil, err
	case !fresh:
		return nil, nil
	}
	now := l.registry.timeOf(w.heard)
	if !l.acks.Owed() {
		l.lookLocked(w.heard.add(ackPolicy.Delay))
	}
	l.acks.Accepted(size, now)
	if l.acks.Due(l.in.Accepted(), now) {
		wakeSink(l.claims.InUse())
	}
	switch p.Kind {
	case codec.KindEnd:
		l.endedByPeerLocked(p)
	case codec.KindMessage, codec.KindReset, codec.KindPresence, codec.KindLeft:
		// It has its number, and is not asked for again.
		return nil, protocolError("%v does not go up", p.Kind)
	default:
		l.app.Accept(p, room, now, w.runner)
	}
	return nil, nil
}

// endedByPeerLocked ends the session as the client asks, which wants nothing more of it.
func (l *Line) endedByPeerLocked(p *codec.Packet) {
	l.overLocked()
	l.goneLocked()
	go l.app.Ended(&End{Code: Clip(p.Code), Message: Clip(p.Message), ByPeer: true})
}

func wakeSink(w *Wire) {
	if w != nil && w.sink != nil {
		w.sink.Wake()
	}
}
