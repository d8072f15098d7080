// Command lab is a server for black-box tests of clients and networks: it answers, with either codec and on any transport, what a test wants to
// see happen. See server.go for what.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hawser-go/hawser"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8090", "where to listen; port 0 takes a free one")
	secure := flag.Bool("tls", false, "serve HTTPS, and so HTTP/2, with a certificate that nobody signed")
	var o hawser.Options
	flag.DurationVar(&o.Heartbeat, "heartbeat", 25*time.Second, "how often a quiet connection is tested")
	flag.DurationVar(&o.ResumeFor, "window", 2*time.Minute, "how long a session without a connection lives on")
	flag.DurationVar(&o.RecycleStreams, "recycle", 0, "how long a streamed response lasts; 0: for ever")
	flag.Parse()
	if err := listen(*addr, *secure, o); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func listen(addr string, secure bool, o hawser.Options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	scheme := "http"
	if secure {
		scheme = "https"
		if listener, err = encrypted(listener); err != nil {
			return err
		}
	}
	fmt.Printf("listening on %s://%s\n", scheme, listener.Addr())
	return run(ctx, listener, o)
}

// drainFor is how long the clients have to be told.
const drainFor = 2 * time.Second

// run serves until ctx ends, then tells the clients, and returns when they have it.
func run(ctx context.Context, listener net.Listener, o hawser.Options) error {
	rt := newLab(o) //nolint:contextcheck // its handlers do not end with the signal
	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	mux.HandleFunc("GET /{$}", servePage)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	return errors.Join(ignoreDeadline(rt.Shutdown(ctx)), ignoreDeadline(server.Shutdown(ctx)))
}

// ignoreDeadline makes nothing of clients that were not there to be told.
func ignoreDeadline(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
