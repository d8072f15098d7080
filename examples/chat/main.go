// Command chat is a chat in rooms that runs in a browser: open it in two windows, then cut the connection and see that nothing is lost.
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
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen; port 0 takes a free one")
	flag.Parse()
	if err := listen(*addr); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

func listen(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("%w (another address: -addr 127.0.0.1:8081)", err)
	}
	fmt.Printf("the chat is at http://%s : open it in two windows\n", listener.Addr())
	return run(ctx, listener)
}

// run serves until ctx ends, then tells the clients, and returns when they have it.
func run(ctx context.Context, listener net.Listener) error {
	rt := newChat() //nolint:contextcheck // its handlers do not end with the signal
	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	mux.Handle("/", page())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// The framework first: it ends the streams that http.Server.Shutdown would wait for.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := rt.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	_ = server.Shutdown(ctx) // what still runs ends with the process
	return nil
}
