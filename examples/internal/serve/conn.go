package serve

import (
	"context"
	"net"
	"net/http"
)

// accepting is a listener whose connections are made into others.
type accepting struct {
	net.Listener
	made func(net.Conn) net.Conn
}

func (l accepting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.made(c), nil
}

type connKey struct{}

// WithConn returns a context of requests that came by a connection.
func WithConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Conn returns the connection by which a request came: what Site.Accepted returned, or TLS over it.
func Conn(r *http.Request) net.Conn {
	c, _ := r.Context().Value(connKey{}).(net.Conn)
	return c
}
