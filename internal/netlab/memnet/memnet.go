// Package memnet is a network in memory: listeners at names, and connections that are net.Pipes, so that servers and clients of it run in a testing/synctest
// bubble. It is made for tests.
package memnet

import (
	"context"
	"errors"
	"net"
	"sync"
)

// A Network is where addresses are known. The zero value is ready; its methods may be called at the same time.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
}

// Listen takes an address. It panics if that is taken: a mistake in the test.
func (n *Network) Listen(address string) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[address] != nil {
		panic("memnet: " + address + " is taken")
	}
	if n.listeners == nil {
		n.listeners = map[string]*listener{}
	}
	l := &listener{network: n, address: name(address), arriving: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[address] = l
	return l
}

// Dial connects to an address, as net.Dialer's DialContext does.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Addr: name(address), Err: errors.New("nobody listens")}
	if l == nil {
		return nil, refused
	}
	near, far := net.Pipe()
	select {
	case l.arriving <- far:
		return near, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A name is an address of the network.
type name string

// Network implements net.Addr.
func (name) Network() string { return "memory" }

// String implements net.Addr.
func (n name) String() string { return string(n) }

type listener struct {
	network  *Network
	address  name
	arriving chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.arriving:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		delete(l.network.listeners, string(l.address))
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.address }
