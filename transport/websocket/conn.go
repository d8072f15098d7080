package websocket

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/pump"
	"github.com/hawser-go/hawser/transport/internal/socket"
)

// linger is for how long the peer may take to answer our close. Until then the connection is read, and what comes is dropped: closing it with
// bytes unread would reset it, and could take from the peer what was written last.
const linger = time.Second

var _ transport.Sink = (*conn)(nil)

// A conn is one WebSocket. One goroutine reads it, for its life (reader.go); what goes down is written by whoever runs its pump, control frames
// too, so that nothing stands inside anything else (writer.go).
type conn struct {
	socket socket.Conn
	codec  codec.Codec
	limit  int // bytes of a message
	pump   *pump.Pump
	loans  *loans

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

// start begins to read and write. The crew is for connections that can be written without waiting.
func start(
	below net.Conn, host transport.Host, c codec.Codec, crew *pump.Crew, loans *loans, open func(transport.Sink, transport.Runner) transport.Wire,
) {
	conn := &conn{socket: socket.New(below, host.WriteTimeout()), codec: c, limit: host.MaxFrame(), loans: loans}
	conn.ctx, conn.end = context.WithCancelCause(context.Background()) // the request's ends when its handler returns
	if conn.socket.NonBlocking() {
		conn.pump = crew.Pump(&direct{conn})
	} else {
		conn.pump = pump.New(conn)
	}
	r := newReader(conn)
	r.wire = open(conn, r)
	// Whoever upgrades and never says hello would otherwise be waited for without an end.
	conn.socket.Expect(host.WriteTimeout())
	conn.pump.Start(r.wire)
	go r.serve()
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
