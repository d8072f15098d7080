package websocket

import (
	"errors"
	"net"
)

// errIdle is returned by read where nothing has come, and the rest would have it returned.
var errIdle = errors.New("websocket: nothing has come")

// A source gives what a client sends.
type source interface {
	// read waits until something has come, and lends it until the next read. Before it waits, it calls the rest that it was made with: all
	// that has come by then has been returned. Where that reports true, and the connection's goroutine would wait with a stack that it can
	// do without, the error is errIdle instead.
	read() ([]byte, error)
}

// A blocking source reads any connection. Its buffer is held for the connection's life, so it is small.
type blocking struct {
	net  net.Conn
	rest func() (leave bool)
	buf  [512]byte
}

func (b *blocking) read() ([]byte, error) {
	_ = b.rest() // what TLS does below needs a big stack in any case
	n, err := b.net.Read(b.buf[:])
	if n > 0 {
		return b.buf[:n], nil
	}
	return nil, err
}
