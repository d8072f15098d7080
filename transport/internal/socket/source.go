package socket

import (
	"errors"
	"net"
)

// ErrIdle is returned by Read where nothing has come, and the rest would have it returned.
var ErrIdle = errors.New("socket: nothing has come")

// A Source gives what a client sends.
type Source interface {
	// Read waits until something has come, and lends it until the next Read. Before it waits, it calls the rest that it was made with: all
	// that has come by then has been returned. Where that reports true, and the connection's goroutine would wait with a stack that it can
	// do without, the error is ErrIdle instead.
	Read() ([]byte, error)
}

// Source returns the connection's reading half, for one goroutine at a time. About rest, see Source.Read.
func (c *Conn) Source(rest func() (leave bool)) Source {
	if c.raw != nil {
		return newReadable(c.raw, rest)
	}
	return &blocking{net: c.net, rest: rest}
}

// A blocking source reads any connection. Its buffer is held for the connection's life, so it is small.
type blocking struct {
	net  net.Conn
	rest func() (leave bool)
	buf  [512]byte
}

func (b *blocking) Read() ([]byte, error) {
	_ = b.rest() // what TLS does below needs a big stack in any case
	n, err := b.net.Read(b.buf[:])
	if n > 0 {
		return b.buf[:n], nil
	}
	return nil, err
}
