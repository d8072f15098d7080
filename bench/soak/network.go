package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A network is how one member reaches the server. Its methods may be called at the same time.
type network struct {
	mu    sync.Mutex
	links map[*link]struct{} // that are open
}

// dial is net.Dialer's DialContext.
func (n *network) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, kind, address)
	if err != nil {
		return nil, err
	}
	l := &link{Conn: conn, network: n}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.links == nil {
		n.links = map[*link]struct{}{}
	}
	n.links[l] = struct{}{}
	return l, nil
}

// vanish makes the member lose all its connections, while the server sees nothing of it for that long: what it writes goes nowhere.
func (n *network) vanish(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for l := range n.links {
		l.silent.Store(true)
		_ = l.SetDeadline(time.Unix(1, 0)) // whoever reads or writes stops
		time.AfterFunc(d, func() { _ = l.Conn.Close() })
	}
	clear(n.links)
}

// A link is one connection.
type link struct {
	net.Conn
	network *network
	silent  atomic.Bool
}

var errSilent = errors.New("the network is gone")

func (l *link) Read(p []byte) (int, error) {
	if l.silent.Load() {
		return 0, errSilent
	}
	return l.Conn.Read(p)
}

func (l *link) Write(p []byte) (int, error) {
	if l.silent.Load() {
		return 0, errSilent
	}
	return l.Conn.Write(p)
}

// Close closes the connection, unless it is silent: then nobody hears of it.
func (l *link) Close() error {
	if l.silent.Load() {
		return nil
	}
	l.network.mu.Lock()
	delete(l.network.links, l)
	l.network.mu.Unlock()
	return l.Conn.Close()
}
