package socket

import "net"

// A Source gives what a client sends. One goroutine at a time may use it.
type Source interface {
	// Wait waits until something has come, with as little stack as waiting needs. It may return before.
	Wait()
	// Read waits until something has come, and lends it until the next Wait or Read.
	Read() ([]byte, error)
}

// Source returns the connection's reading half.
func (c *Conn) Source() Source {
	if c.raw != nil {
		return newReadable(c.raw)
	}
	return &blocking{net: c.net}
}

// A blocking source reads any connection. Its buffer is held for the connection's life, so it is small.
type blocking struct {
	net net.Conn
	buf [512]byte
}

// Wait leaves the waiting to Read: what TLS does below needs a big stack in any case.
func (b *blocking) Wait() {}

func (b *blocking) Read() ([]byte, error) {
	n, err := b.net.Read(b.buf[:])
	if n > 0 {
		return b.buf[:n], nil
	}
	return nil, err
}
