package websocket

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/hands"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/pump"
	"github.com/hawser-go/hawser/transport/internal/socket"
)

// linger is for how long the peer may take to answer our close. Until then the connection is read, and what comes is dropped: closing it with
// bytes unread would reset it, and could take from the peer what was written last.
const linger = time.Second

var _ transport.Sink = (*conn)(nil)

// A staff are the goroutines that connections share.
type staff struct {
	writers *pump.Crew // of connections that can be written without waiting
	readers hands.Pool // counts connections
	loans   loans      // of readers, to handlers
}

// A conn is one WebSocket. One goroutine at a time reads it (reader.go); what goes down is written by whoever runs its pump, control frames
// too, so that nothing stands inside anything else (writer.go).
type conn struct {
	socket socket.Conn
	codec  codec.Codec
	limit  int // bytes of a message
	pump   *pump.Pump
	staff  *staff

	// ctx ends when no more frames are taken. Its first cause counts.
	ctx context.Context
	end context.CancelCauseFunc

	// pong answers the latest ping, which is all that RFC 6455 asks for; nil: none waits.
	pong atomic.Pointer[[]byte]
	// farewell, once there is one, is all that is written any more.
	farewell atomic.Pointer[farewell]
}

// A farewell is how a connection ends whose peer has closed it, or has been refused by the transport itself.
type farewell struct {
	frames []byte
	cause  error
}

// start begins to read and write.
func start(
	below socket.Conn, host transport.Host, c codec.Codec, s *staff, open func(transport.Sink, transport.Runner) transport.Wire,
) {
	conn := &conn{socket: below, codec: c, limit: host.MaxFrame(), staff: s}
	conn.ctx, conn.end = context.WithCancelCause(context.Background()) // the request's ends when its handler returns
	if conn.socket.NonBlocking() {
		conn.pump = s.writers.Pump(&direct{conn})
	} else {
		conn.pump = pump.New(conn)
	}
	r := newReader(conn)
	r.wire = open(conn, r)
	// Whoever upgrades and never says hello would otherwise be waited for without an end.
	conn.socket.Expect(host.WriteTimeout())
	conn.pump.Start(r.wire)
	s.readers.Add(1)
	go r.wait()
}

// Wake implements transport.Sink.
func (c *conn) Wake() { c.pump.Wake() }

// Close implements transport.Sink.
func (c *conn) Close() {
	c.end(transport.ErrSinkClosed)
	c.socket.Kill()
}

// part ends the connection with these frames, of which the last is a close frame.
func (c *conn) part(cause error, frames []byte) {
	c.end(cause)
	c.farewell.Store(&farewell{frames: frames, cause: cause})
	c.pump.Release()
	c.pump.Wake()
}

func (c *conn) kind() opcode {
	if c.codec.Binary() {
		return opBinary
	}
	return opText
}
