// Package socket reads and writes the connections that transports have taken over from net/http: a TCP connection when it is ready, so that an idle one holds
// no buffer and a busy one costs a system call and no more; any other one, of TLS say, by waiting for it.
package socket

import (
	"net"
	"syscall"
	"time"
)

// A Conn is one connection, to be used where it stands. One goroutine at a time may write; Kill may be called by any.
type Conn struct {
	net      net.Conn
	raw      syscall.RawConn // nil: it has to be waited for
	patience time.Duration   // of a write
}

// New takes over a connection, of which a write that takes longer than patience fails. It has no deadline any more.
func New(c net.Conn, patience time.Duration) Conn {
	_ = c.SetDeadline(time.Time{})
	raw := rawConn(c)
	lowest := raw
	if lowest == nil {
		lowest = rawConn(below(c))
	}
	if lowest != nil {
		boundUnsent(lowest)
	}
	return Conn{net: c, raw: raw, patience: patience}
}

// NonBlocking reports whether TryWrite may be used.
func (c *Conn) NonBlocking() bool { return c.raw != nil }

// Write writes b, and waits for the peer. Between writes there is no deadline: one that has passed would fail the next.
func (c *Conn) Write(b []byte) error {
	if c.raw != nil { // a deadline costs more than to try without
		n, err := c.TryWrite(b)
		if err != nil || n == len(b) {
			return err
		}
		b = b[n:]
	}
	_ = c.net.SetWriteDeadline(time.Now().Add(c.patience))
	_, err := c.net.Write(b)
	_ = c.net.SetWriteDeadline(time.Time{})
	return err
}

// TryWrite writes what the connection takes of b at once.
func (c *Conn) TryWrite(b []byte) (int, error) { return tryWrite(c.raw, b) }

// Expect sets how long the peer may say nothing until reading fails; 0: for ever.
func (c *Conn) Expect(within time.Duration) {
	var deadline time.Time
	if within > 0 {
		deadline = time.Now().Add(within)
	}
	_ = c.net.SetReadDeadline(deadline)
}

// CloseWrite says that nothing more will be written, where the connection has a way to say so.
func (c *Conn) CloseWrite() {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		_ = c.net.SetWriteDeadline(time.Now().Add(c.patience)) // TLS writes a word
		_ = half.CloseWrite()
		return
	}
	c.Kill()
}

// Kill closes the connection without a word, below TLS, whose Close may wait to write one.
func (c *Conn) Kill() { _ = below(c.net).Close() }

// below returns the connection that TLS goes over, or c itself.
func below(c net.Conn) net.Conn {
	if tls, ok := c.(interface{ NetConn() net.Conn }); ok {
		return tls.NetConn()
	}
	return c
}
