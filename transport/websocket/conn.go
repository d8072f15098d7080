package websocket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
	"github.com/hawser-go/hawser/transport/internal/pump"
)

// linger is for how long the peer may take to answer our close. Until then the connection is read, and what comes is dropped: closing it with
// bytes unread would reset it, and could take from the peer what was written last.
const linger = time.Second

var (
	_ transport.Sink = (*conn)(nil)
	_ pump.Outlet    = (*conn)(nil)
)

// A conn is one WebSocket. One goroutine reads it, for its life; another writes, while there is something to write.
type conn struct {
	ws       *gorilla.Conn
	codec    codec.Codec
	limit    int           // bytes of a message
	patience time.Duration // of a write
	pump     *pump.Pump

	// ctx ends when no more frames are taken. Its first cause counts.
	ctx context.Context
	end context.CancelCauseFunc

	writing sync.Mutex // held over each write
}

func newConn(ws *gorilla.Conn, host transport.Host, c codec.Codec) *conn {
	conn := &conn{ws: ws, codec: c, limit: host.MaxFrame(), patience: host.WriteTimeout()}
	conn.ctx, conn.end = context.WithCancelCause(context.Background()) // the request's ends when its handler returns
	conn.pump = pump.New(conn)
	return conn
}

func (c *conn) start(w transport.Wire) {
	// Whoever upgrades and never says hello would otherwise be waited for without an end.
	_ = c.ws.SetReadDeadline(time.Now().Add(c.patience))
	c.pump.Start(w)
	go c.serve(w)
}

// Wake implements transport.Sink.
func (c *conn) Wake() { c.pump.Wake() }

// Close implements transport.Sink.
func (c *conn) Close() {
	c.end(transport.ErrSinkClosed)
	c.kill()
}

// kill closes the connection without a word, below TLS, whose Close may wait to write one.
func (c *conn) kill() {
	raw := c.ws.NetConn()
	if tls, ok := raw.(interface{ NetConn() net.Conn }); ok {
		raw = tls.NetConn()
	}
	_ = raw.Close()
}

// serve is the reading goroutine.
func (c *conn) serve(wire transport.Wire) {
	err := c.receive(wire)
	if c.ctx.Err() == nil {
		c.finish(err)
	}
	c.drain()
	c.kill()
	c.pump.Stop()
	wire.Detach(context.Cause(c.ctx))
}

// receive hands frames to the wire until it is over, or nothing can be read any more.
func (c *conn) receive(wire transport.Wire) error {
	for first := true; ; first = false {
		frame, err := c.read()
		if err != nil {
			return err
		}
		if first {
			_ = c.ws.SetReadDeadline(time.Time{}) // from here on, the host says who is dead
		}
		if over := wire.Receive(c.ctx, frame); over != nil {
			c.pump.Finish(over)
			<-c.ctx.Done()
			return over
		}
		c.pump.Wake()
	}
}

// read returns the next frame. A frame that is refused unread is a *transport.CloseError.
func (c *conn) read() ([]byte, error) {
	kind, message, err := c.ws.NextReader()
	if err != nil {
		return nil, gone(err)
	}
	if kind != c.kind() {
		return nil, &transport.CloseError{Code: transport.CodeProtocol, Message: "the message's kind, text or binary, is not the codec's"}
	}
	frame, err := buffer.ReadFrame(message, c.limit)
	switch {
	case errors.Is(err, buffer.ErrTooLarge):
		return nil, &transport.CloseError{
			Code:    transport.CodePayloadTooLarge,
			Message: fmt.Sprintf("the message is over %d bytes", c.limit),
		}
	case err != nil:
		return nil, gone(err)
	default:
		return frame, nil
	}
}

func gone(err error) error {
	if gorilla.IsCloseError(err, gorilla.CloseNormalClosure, gorilla.CloseGoingAway, gorilla.CloseNoStatusReceived) {
		return transport.ErrPeerGone
	}
	return fmt.Errorf("hawser: reading the WebSocket: %w", err)
}

// finish ends a connection whose reading has ended, and tells the peer why if it is still there.
func (c *conn) finish(err error) {
	var refused *transport.CloseError
	if !errors.As(err, &refused) {
		c.end(err)
		return
	}
	packet, failed := c.codec.AppendPacket(nil, refused.Packet())
	if failed == nil {
		failed = c.WriteFrame(packet, refused)
	}
	if failed != nil {
		c.Ended(failed)
		return
	}
	c.Ended(refused)
}

// drain drops what still comes, until the peer has closed or linger is over.
func (c *conn) drain() {
	for {
		if _, _, err := c.ws.NextReader(); err != nil {
			return
		}
	}
}

// WriteFrame implements pump.Outlet.
func (c *conn) WriteFrame(frame []byte, last error) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	deadline := time.Now().Add(c.patience)
	if len(frame) > 0 {
		_ = c.ws.SetWriteDeadline(deadline)
		if err := c.ws.WriteMessage(c.kind(), frame); err != nil {
			return fmt.Errorf("hawser: writing the WebSocket: %w", err)
		}
	}
	if last != nil {
		c.end(last) // the peer's answer to what follows is not why
		_ = c.ws.WriteControl(gorilla.CloseMessage, closeMessage(last), deadline)
	}
	return nil
}

// Ended implements pump.Outlet.
func (c *conn) Ended(cause error) {
	c.end(cause)
	var said *transport.CloseError
	if !errors.As(cause, &said) {
		c.kill()
		return
	}
	time.AfterFunc(linger, c.kill)
}

func (c *conn) kind() int {
	if c.codec.Binary() {
		return gorilla.BinaryMessage
	}
	return gorilla.TextMessage
}

// closeMessage is the payload of the close frame that follows a close packet, by docs/protocol.md §3.
func closeMessage(last error) []byte {
	var e *transport.CloseError
	if !errors.As(last, &e) {
		return gorilla.FormatCloseMessage(gorilla.CloseInternalServerErr, "")
	}
	return gorilla.FormatCloseMessage(closeStatus(e.Code), e.Code[:min(len(e.Code), maxReason)])
}

// maxReason is what fits into a control frame after the status.
const maxReason = 123

func closeStatus(code string) int {
	switch code {
	case transport.CodeProtocol, transport.CodeLeap:
		return gorilla.CloseProtocolError
	case transport.CodePayloadTooLarge:
		return gorilla.CloseMessageTooBig
	case transport.CodeUnauthorized, transport.CodeForbidden, transport.CodeVersion, transport.CodeRateLimited,
		transport.CodeUnavailable, transport.CodeBusy:
		return gorilla.ClosePolicyViolation
	default:
		return gorilla.CloseNormalClosure
	}
}
