// Package serve runs the examples: it listens, serves a page beside the framework, and stops both in their order.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hawser-go/hawser"
)

// A Site is an example: the framework under /realtime/, and a page under everything else.
type Site struct {
	Realtime *hawser.Server
	Pages    http.Handler
	// Wrap goes around all that is served, if it is set.
	Wrap func(http.Handler) http.Handler
	// Accepted makes of each connection what is served instead of it, if it is set.
	Accepted func(net.Conn) net.Conn
	// TLS is for HTTPS, and so for HTTP/2. Nil: HTTP.
	TLS *tls.Config
	// Beside runs while the site serves, until its context ends. Nil: nothing.
	Beside func(context.Context)
}

// Main is the rest of a program: it serves on addr until it is interrupted, says where on standard output, and exits with 1 if that fails.
func (s Site) Main(name, addr string) {
	if err := s.listen(addr); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func (s Site) listen(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("%w (another address: -addr 127.0.0.1:0)", err)
	}
	scheme := "http"
	if s.TLS != nil {
		scheme = "https"
	}
	fmt.Printf("listening on %s://%s\n", scheme, listener.Addr())
	return s.Run(ctx, listener)
}

// drainFor is how long the clients have to be told that it is over.
const drainFor = 2 * time.Second

// Run serves until ctx ends, then tells the clients, and returns when they have it, or after two seconds.
func (s Site) Run(ctx context.Context, listener net.Listener) error {
	if s.Accepted != nil {
		listener = accepting{listener, s.Accepted}
	}
	if s.TLS != nil {
		listener = tls.NewListener(listener, s.TLS)
	}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, ConnContext: WithConn}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	beside := s.beside(ctx)
	defer beside()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	// The framework first: it ends the streams that http.Server.Shutdown would wait for.
	return errors.Join(ignoreDeadline(s.Realtime.Shutdown(ctx)), ignoreDeadline(server.Shutdown(ctx)))
}

func (s Site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/realtime/", s.Realtime)
	mux.Handle("/look/", look)
	mux.Handle("/", s.Pages)
	if s.Wrap != nil {
		return s.Wrap(mux)
	}
	return mux
}

// beside starts what runs beside, and returns a function that ends it and waits for it.
func (s Site) beside(ctx context.Context) (end func()) {
	if s.Beside == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { s.Beside(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// ignoreDeadline makes nothing of clients that were not there to be told.
func ignoreDeadline(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
