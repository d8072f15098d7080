package websocket

import (
	"errors"
	"fmt"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/pump"
)

var (
	_ pump.Outlet      = (*conn)(nil)
	_ pump.NonBlocking = (*direct)(nil)
)

// AppendNext implements pump.Outlet: a frame of the wire is a message.
func (c *conn) AppendNext(dst []byte, w transport.Wire) ([]byte, error) {
	if f := c.farewell.Load(); f != nil {
		return dst, f.cause
	}
	if c.pong.Load() != nil {
		dst = append(dst, *c.pong.Swap(nil)...)
	}
	start := len(dst)
	dst, last := w.Next(reserve(dst))
	if len(dst) == start+room {
		return dst[:start], last
	}
	return seal(dst, start, c.kind()), last
}

// AppendLast implements pump.Outlet.
func (c *conn) AppendLast(dst []byte, last error) []byte {
	if f := c.farewell.Load(); f != nil {
		return append(dst, f.frames...)
	}
	c.end(last) // the peer's answer to what follows is not why
	return appendCloseFor(dst, last)
}

// Write implements pump.Outlet.
func (c *conn) Write(b []byte, _ error) error { return writing(c.socket.Write(b)) }

// Ended implements pump.Outlet.
func (c *conn) Ended(cause error) {
	c.end(cause)
	var said *transport.CloseError
	if errors.As(cause, &said) {
		time.AfterFunc(linger, c.socket.Kill)
		return
	}
	c.socket.Kill()
}

// direct is the outlet of a connection that tells when it would have to wait.
type direct struct{ *conn }

// TryWrite implements pump.NonBlocking.
func (d *direct) TryWrite(b []byte) (int, error) {
	n, err := d.socket.TryWrite(b)
	return n, writing(err)
}

func writing(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("hawser: writing the WebSocket: %w", err)
}
