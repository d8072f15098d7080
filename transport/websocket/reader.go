package websocket

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/socket"
)

// A reader is the reading half of a conn.
type reader struct {
	conn    *conn
	wire    transport.Wire
	ctx     releasing            // of each Receive
	task    transport.Task       // that has come of what was read together, and is to be run
	lent    atomic.Pointer[loan] // while one runs
	source  socket.Source
	decoder decoder
	stage   conversation
	rested  time.Time // when all that had come was last answered
}

// often is how long a connection may have said nothing for the goroutine that read it to wait for more.
const often = time.Second

type conversation uint8

const (
	unmet    conversation = iota // no frame has come
	heard                        // some have, and what waits for them has not been looked for
	answered                     // it has
	over                         // the wire takes no more
)

func newReader(c *conn) *reader {
	r := &reader{conn: c, decoder: decoder{limit: c.limit, kind: c.kind()}}
	r.ctx = releasing{c.ctx, r}
	r.source = c.socket.Source()
	return r
}

// wait waits for the peer on a goroutine that does nothing else, and whose stack stays small. Handling a frame makes a stack grow, so that is done by
// goroutines whose stacks have grown already; an idle connection keeps none of them.
func (r *reader) wait() {
	r.source.Wait()
	r.conn.staff.readers.Run((*shift)(r))
}

// A shift is the task of reading on.
type shift reader

// Run implements hands.Task.
func (s *shift) Run() { (*reader)(s).serve() }

// answer runs what came together asks for, and writes what waits then: so calls that come together are answered together. It reports whether the goroutine
// reads on.
func (r *reader) answer() (reads bool) {
	if r.stage != heard {
		r.letGo()
		return true
	}
	r.stage = answered
	if !r.work() {
		return false // what is written now is not held back
	}
	r.conn.pump.Flush()
	return true
}

// rests reports whether what has come was answered, and the connection seldom says something.
func (r *reader) rests() bool {
	if r.stage != answered {
		return false
	}
	before := r.rested
	r.rested = time.Now()
	return r.rested.Sub(before) > often
}

// serve reads until the connection ends, or another goroutine goes on.
func (r *reader) serve() {
	if err := r.receive(); !errors.Is(err, errReplaced) {
		r.finish(err)
	}
}

// finish ends the connection, that failed, or that the peer has closed, or whose peer is refused.
func (r *reader) finish(err error) {
	var (
		left    *peerClosedError
		refused *transport.CloseError
	)
	r.letGo()
	switch inTime := r.conn.ctx.Err() == nil; {
	case errors.As(err, &left) && inTime:
		r.conn.part(left.cause(), appendClose(nil, left.status, ""))
		r.drain()
	case errors.As(err, &refused):
		if inTime {
			r.conn.part(refused, r.refusal(refused))
		}
		r.drain()
	default: // what was read last was the answer to our own close, or nothing can be read any more
		r.conn.end(err)
	}
	r.conn.socket.Kill()
	r.conn.pump.Stop()
	r.wire.Detach(context.Cause(r.conn.ctx))
	r.conn.staff.readers.Done()
}

// receive hands on what comes. Once the wire is over, it drops it, until the peer has closed. Its error is a *transport.CloseError for a peer that is
// refused here, a *peerClosedError, or what the connection failed with.
func (r *reader) receive() error {
	for {
		b, err := r.source.Read()
		if err != nil {
			return fmt.Errorf("hawser: reading the WebSocket: %w", err)
		}
		if err := r.takeAll(b); err != nil {
			return err
		}
		if !r.answer() {
			return errReplaced
		}
		if r.rests() {
			go r.wait()
			return errReplaced
		}
	}
}

// errReplaced is returned by receive where another goroutine reads by now.
var errReplaced = errors.New("websocket: another goroutine reads")

// takeAll takes what was read together.
func (r *reader) takeAll(b []byte) error {
	together := gatherings.Get().(*gathering)
	defer gatherings.Put(together)
	err := r.take(b, together)
	r.hand(together) // what came before an error counts
	return err
}

// take takes what was read together, and leaves the last frames to be handed on.
func (r *reader) take(b []byte, together *gathering) error {
	for len(b) > 0 {
		m, rest, err := r.decoder.next(b)
		if err != nil {
			return err
		}
		b = rest
		switch {
		case m.op == 0: // the rest of it is to come
		case m.op.control():
			if err := r.control(m); err != nil {
				return err
			}
		case together.add(m.payload):
			r.hand(together)
		}
	}
	return nil
}

func (r *reader) control(m message) error {
	switch m.op {
	case opPing:
		pong := appendFrame(nil, opPong, m.payload)
		r.conn.pong.Store(&pong)
		r.conn.pump.Wake()
	case opClose:
		s, err := parseClose(m.payload)
		if err != nil {
			return err
		}
		return &peerClosedError{s}
	}
	return nil
}

// hand hands frames to the wire.
func (r *reader) hand(together *gathering) {
	frames := together.frames()
	defer together.empty()
	if len(frames) == 0 || r.stage == over || r.conn.ctx.Err() != nil {
		return
	}
	if r.stage == unmet {
		r.conn.socket.Expect(0) // from here on, the host says who is dead
	}
	if r.stage != heard {
		r.stage = heard
		r.conn.pump.Hold()
	}
	if err := r.wire.Receive(&r.ctx, frames...); err != nil {
		r.stage = over
		r.conn.pump.Finish(err)
	}
}

// A releasing context belongs to a Receive that the pump is held for. Whoever asks when it is done is about to wait, for an inbox that is full, say, and what
// empties it may be waiting for something to go down.
type releasing struct {
	context.Context
	reader *reader
}

func (c *releasing) Done() <-chan struct{} {
	c.reader.letGo()
	c.reader.conn.pump.Release()
	return c.Context.Done()
}

// drain drops what comes until the connection is closed: the writer sees to it when the last was written.
func (r *reader) drain() {
	for {
		if _, err := r.source.Read(); err != nil {
			return
		}
	}
}

// refusal is what a peer is told that is refused here.
func (r *reader) refusal(why *transport.CloseError) []byte {
	var frames []byte
	if packet, err := r.conn.codec.AppendPacket(nil, why.Packet()); err == nil {
		frames = appendFrame(nil, r.conn.kind(), packet)
	}
	return appendCloseFor(frames, why)
}

// A peerClosedError is the peer's close frame.
type peerClosedError struct{ status status }

func (e *peerClosedError) Error() string {
	return fmt.Sprintf("hawser: the peer closed the WebSocket with status %d", e.status)
}

// cause is what the wire is detached with.
func (e *peerClosedError) cause() error {
	switch e.status {
	case statusNormal, statusGoingAway, statusNone:
		return transport.ErrPeerGone
	default:
		return e
	}
}
