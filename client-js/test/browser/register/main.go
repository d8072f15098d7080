// Command register is a server for tests of pages that come and go: it keeps a register of sessions, when each began and ended and why, which
// GET /register answers as JSON. An event "note" adds a word to the session's entry. Pages at /page and /elsewhere are the tests' own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/hawser-go/hawser"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen; port 0 takes a free one")
	flag.Parse()
	if err := run(context.Background(), *addr); err != nil {
		fmt.Fprintln(os.Stderr, "register:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	register := register{entries: map[string]*entry{}}
	mux := http.NewServeMux()
	mux.Handle("/realtime/", register.realtime())
	mux.Handle("GET /register", &register)
	mux.HandleFunc("GET /page", page(`<p>a page</p>`))
	mux.HandleFunc("GET /elsewhere", page(`<p>elsewhere</p>`))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	return server.Serve(listener)
}

// page serves a document that may go into the back-forward cache.
func page(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>register</title>%s", body)
	}
}

// A register says what became of sessions.
type register struct {
	mu      sync.Mutex
	entries map[string]*entry
}

// An entry is one session's.
type entry struct {
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended,omitempty"`
	Code  string     `json:"code,omitempty"` // why it ended
	Notes []string   `json:"notes"`
}

// realtime makes a server whose sessions live on for two minutes, unless they say that they leave.
func (r *register) realtime() http.Handler {
	rt := hawser.New(hawser.Options{})
	rt.OnConnect(func(c *hawser.Context) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.entries[c.Session().ID()] = &entry{Began: time.Now(), Notes: []string{}}
		return nil
	})
	rt.OnDisconnect(func(c *hawser.Context) error {
		now, end := time.Now(), &hawser.EndError{}
		r.mu.Lock()
		defer r.mu.Unlock()
		e := r.entries[c.Session().ID()]
		e.Ended = &now
		if errors.As(c.Cause(), &end) {
			e.Code = string(end.Code)
		}
		return nil
	})
	hawser.HandleEvent(rt, "note", func(c *hawser.Context, word string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		e := r.entries[c.Session().ID()]
		e.Notes = append(e.Notes, word)
		return nil
	})
	return rt
}

// ServeHTTP answers all entries, by session.
func (r *register) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(r.entries)
}
