package sse

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
	"github.com/hawser-go/hawser/transport/internal/post"
	"github.com/hawser-go/hawser/transport/internal/pump"
	"github.com/hawser-go/hawser/transport/internal/socket"
)

// linger is for how long the peer may take to close the connection after the stream's end: closing it with bytes unread would reset it, and could take
// from the peer what was written last.
const linger = time.Second

var (
	_ transport.Sink   = (*conn)(nil)
	_ pump.Outlet      = (*conn)(nil)
	_ pump.NonBlocking = direct{}
)

// A conn is a stream on a connection that was taken over from net/http. One goroutine waits for the peer to leave.
type conn struct {
	socket  socket.Conn
	framing framing
	pump    *pump.Pump
	wire    transport.Wire

	// ctx ends when the stream has no more to do. Its first cause counts.
	ctx context.Context
	end context.CancelCauseFunc

	head  []byte      // the fields of the response's header, until it is written. It belongs to whoever runs the pump
	late  atomic.Bool // nothing was written soon enough
	early *time.Timer // nil once the stream was asked for
}

func newConn(below net.Conn, head []byte, f framing, patience time.Duration, crew *pump.Crew) *conn {
	c := &conn{socket: socket.New(below, patience), framing: f, head: head}
	c.ctx, c.end = context.WithCancelCause(context.Background()) // the request's ends when its handler returns
	if c.socket.NonBlocking() {
		c.pump = crew.Pump(direct{c})
	} else {
		c.pump = pump.New(c)
	}
	return c
}

// start begins to write, and to wait for the peer to leave.
func (c *conn) start(w transport.Wire) {
	c.wire = w
	c.pump.Start(w)
	c.early = time.AfterFunc(openWithin, c.openEarly)
	go c.watch()
}

// receive hands on the frame that asked for the stream.
func (c *conn) receive(frame []byte) {
	over := c.wire.Receive(c.ctx, frame)
	c.early.Stop()
	if over != nil {
		c.pump.Finish(over)
		return
	}
	c.pump.Flush()
}

// openEarly sends the header and a comment, if nothing has been written yet.
func (c *conn) openEarly() {
	c.late.Store(true)
	c.pump.Wake()
}

// watch waits until the peer closes the connection, or it fails. The peer has nothing more to say.
func (c *conn) watch() {
	source := c.socket.Source()
	for {
		if _, err := source.Read(); err != nil {
			break
		}
	}
	c.end(transport.ErrPeerGone)
	c.socket.Kill()
	c.pump.Stop()
	c.wire.Detach(context.Cause(c.ctx))
}

// Wake implements transport.Sink.
func (c *conn) Wake() { c.pump.Wake() }

// Close implements transport.Sink.
func (c *conn) Close() {
	c.end(transport.ErrSinkClosed)
	c.socket.Kill()
}

// AppendNext implements pump.Outlet.
func (c *conn) AppendNext(dst []byte, w transport.Wire) ([]byte, error) {
	lent := buffer.Get()
	defer buffer.Put(lent)
	frame, last := w.Next(*lent)
	*lent = frame
	switch {
	case len(frame) > 0:
		dst = c.framing.append(c.open(dst, last), frame)
	case c.head != nil && last == nil && c.late.Load():
		dst = append(c.open(dst, nil), c.framing.comment...)
	}
	return dst, last
}

// AppendLast implements pump.Outlet: a stream just ends.
func (c *conn) AppendLast(dst []byte, last error) []byte { return c.open(dst, last) }

// open appends the head of the response, if it has not been written. Last is why the stream is over, if it is.
func (c *conn) open(dst []byte, last error) []byte {
	if c.head != nil {
		dst = appendHead(dst, post.Status(last), c.head)
		c.head = nil
	}
	return dst
}

// Write implements pump.Outlet.
func (c *conn) Write(b []byte, _ error) error { return c.socket.Write(b) }

// Ended implements pump.Outlet.
func (c *conn) Ended(cause error) {
	c.end(cause)
	var inOrder *transport.CloseError
	if !errors.As(cause, &inOrder) {
		c.socket.Kill()
		return
	}
	c.socket.CloseWrite()
	time.AfterFunc(linger, c.socket.Kill)
}

// direct is the outlet of a connection that tells when it would have to wait.
type direct struct{ *conn }

// TryWrite implements pump.NonBlocking.
func (d direct) TryWrite(b []byte) (int, error) { return d.socket.TryWrite(b) }
