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
func (w *Wire) Receive(ctx context.Context, frames ...[]byte) error {
	err := w.receive(ctx, frames)
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

func (w *Wire) receive(ctx context.Context, frames [][]byte) error {
	d := decodings.Get().(*decoding)
	defer decodings.Put(d)
	for _, frame := range frames {
		if err := w.decode(ctx, d, frame); err != nil {
			return cmp.Or(w.take(ctx, d), err) // what came before counts
		}
	}
	if err := w.take(ctx, d); err != nil {
		return err
	}
	if w.once && w.line.Load() == nil {
		return errGone
	}
	return nil
}

// decode decodes the packets of a frame, and takes them when they are many.
func (w *Wire) decode(ctx context.Context, d *decoding, frame []byte) error {
	whole := len(frame)
	if whole > w.registry.MaxFrame() {
		return tooLarge(whole, w.registry.MaxFrame())
	}
	for first := true; first || len(frame) > 0; first = false {
		r, rest, err := d.next(w.codec, frame)
		if err != nil {
			return err
		}
		frame = rest
		if r.Kind == codec.KindHello {
			err = w.takeHello(ctx, d, r)
		} else if ownPayload(&r.Packet, r.size, whole); !d.keep() {
			err = w.take(ctx, d)
		}
		if err != nil {
			return err
		}
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

// takeHello takes a hello, and what came before it.
func (w *Wire) takeHello(ctx context.Context, d *decoding, r *Received) error {
	defer func() { *r = Received{} }() // it is none of d's
	if err := w.take(ctx, d); err != nil {
		return err
	}
	return w.hello(ctx, &r.Packet)
}

// take takes the packets that were decoded, of which none is a hello.
func (w *Wire) take(ctx context.Context, d *decoding) error {
	if d.n == 0 {
		return nil
	}
	defer d.empty()
	l := w.line.Load()
	switch {
	case l != nil:
		return l.accept(ctx, w, d)
	case w.discards:
		return nil
	default:
		return protocolError("the first packet of a wire must be hello, not %v", d.packets[0].Kind)
	}
}

// accept takes packets that came together, and waits while the inbox is full.
func (l *Line) accept(ctx context.Context, w *Wire, d *decoding) error {
	for packets := d.packets[:d.n]; ; {
		taken, full, err := l.tryAccept(w, packets, d.accepted[:0])
		if full == nil {
			return err
		}
		packets = packets[taken:]
		select {
		case <-full:
		case <-ctx.Done():
			return &transport.CloseError{
				Code: transport.CodeBusy, Message: "the inbox is full", Retry: 250 * time.Millisecond,
			}
		}
	}
}

// tryAccept takes packets as long as the inbox has room. If that is not for all, it returns for how many, and what is closed when it has more. Those that the
// application is to see are gathered in accepted.
func (l *Line) tryAccept(w *Wire, packets []Received, accepted []*Received) (taken int, full <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.closed != nil {
		return 0, nil, w.closed
	}
	w.heardLocked()
	for full == nil && err == nil && taken < len(packets) {
		var seen bool
		if seen, full, err = l.packetLocked(w, &packets[taken]); seen {
			accepted = append(accepted, &packets[taken])
		}
		if full == nil {
			taken++
		}
	}
	if len(accepted) > 0 {
		l.acceptedLocked(w, accepted)
	}
	return taken, full, err
}

// acceptedLocked hands over what was accepted together.
func (l *Line) acceptedLocked(w *Wire, packets []*Received) {
	now := l.registry.timeOf(w.heard)
	if l.acks.Due(l.in.Accepted(), now) {
		wakeSink(l.claims.InUse())
	}
	l.app.Accept(packets, now, w.runner)
}

// packetLocked takes one packet, and reports whether the application is to see it. If the inbox is full, it returns what is closed when it has room.
func (l *Line) packetLocked(w *Wire, r *Received) (seen bool, full <-chan struct{}, err error) {
	switch {
	case w.closed != nil: // by a packet before
		return false, nil, w.closed
	case !r.Kind.Numbered():
		seen, err = l.controlLocked(w, r)
		return seen, nil, err
	case r.size > l.registry.options.MaxFrame+len(w.codec.Separator()):
		return false, nil, tooLarge(r.size, l.registry.options.MaxFrame)
	}
	return l.acceptLocked(w, r)
}

// controlLocked takes one packet without a number.
func (l *Line) controlLocked(w *Wire, r *Received) (seen bool, err error) {
	switch r.Kind {
	case codec.KindStart:
		if err := l.in.Start(&w.up, r.N); err != nil {
			return false, l.leapLocked(err)
		}
	case codec.KindAck:
		return false, l.ackLocked(r.N)
	case codec.KindUse:
		return false, l.useLocked(&r.Packet)
	case codec.KindPing:
		if w.pongFits() {
			w.controlLocked(&codec.Packet{Kind: codec.KindPong, N: r.N})
			wakeSink(w)
		}
	case codec.KindPong:
		if w.sink == nil { // it speaks for a wire that cannot
			l.heardOfLocked(w.number)
		}
	case codec.KindClose:
		return false, l.closedByPeerLocked(&r.Packet)
	case codec.KindVolatile:
		r.Room = r.size
		return l.stage == alive && l.volatiles.accept(r.Room), nil
	default:
		return false, protocolError("%v does not go up", r.Kind)
	}
	return false, nil
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

// acceptLocked takes one numbered packet if the inbox has room, and otherwise returns what is closed when it has.
func (l *Line) acceptLocked(w *Wire, r *Received) (seen bool, full <-chan struct{}, err error) {
	room := 0
	if Waits(r.Kind) {
		room = r.size
	}
	fresh, err := l.in.Accept(&w.up, room)
	switch {
	case errors.Is(err, session.ErrFull):
		return false, l.roomLocked(), nil
	case errors.Is(err, session.ErrAfterEnd):
		return false, nil, nil // the peer could not know yet. It learns from our end, which it gets as soon as it asks
	case err != nil:
		return false, nil, err
	case !fresh:
		return false, nil, nil
	}
	r.Room = room
	if !l.acks.Owed() {
		l.lookLocked(w.heard.add(ackPolicy.Delay))
	}
	l.acks.Accepted(r.size, l.registry.timeOf(w.heard))
	switch r.Kind {
	case codec.KindEnd:
		l.endedByPeerLocked(&r.Packet)
	case codec.KindMessage, codec.KindReset, codec.KindPresence, codec.KindLeft:
		// It has its number, and is not asked for again.
		return false, nil, protocolError("%v does not go up", r.Kind)
	default:
		return true, nil, nil
	}
	return false, nil, nil
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
