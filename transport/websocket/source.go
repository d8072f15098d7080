package websocket

import "net"

// A source gives what a client sends.
type source interface {
	// read waits until something has come, and lends it until the next read. Before it waits, it calls the rest that it was made with: all
	// that has come by then has been returned.
	read() ([]byte, error)
}

// A blocking source reads any connection. Its buffer is held for the connection's life, so it is small.
type blocking struct {
	net  net.Conn
	rest func()
	buf  [512]byte
}

func (b *blocking) read() ([]byte, error) {
	b.rest()
	n, err := b.net.Read(b.buf[:])
	if n > 0 {
		return b.buf[:n], nil
	}
	return nil, err
}
