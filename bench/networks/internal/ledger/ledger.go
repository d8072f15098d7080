// Package ledger is what the servers share that clients meet bad networks with: they write down which numbers came up and when, send numbers down at a pace,
// and are asked and told on an address of their own, which no laboratory stands in front of.
//
//	GET  /up?run=R                {"n": […], "at": […]}   the numbers that came up, and when, in ms of any clock
//	GET  /count?run=R             {"count": …}            how many
//	POST /down?run=R&hz=H&count=C {}                      sends 1 … C down, H a second
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// A Ledger is what came up, by run. Its methods may be called at the same time.
type Ledger struct {
	began time.Time
	mu    sync.Mutex
	runs  map[string]*Page
}

// A Page is the numbers of one run, and when they came, in ms.
type Page struct {
	N  []int     `json:"n"`
	At []float64 `json:"at"`
}

// New makes an empty ledger.
func New() *Ledger { return &Ledger{began: time.Now(), runs: map[string]*Page{}} }

// Add writes down that a number came up.
func (l *Ledger) Add(run string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.runs[run]
	if p == nil {
		p = &Page{}
		l.runs[run] = p
	}
	p.N = append(p.N, n)
	p.At = append(p.At, float64(time.Since(l.began))/float64(time.Millisecond))
}

// page returns what is written down of a run. What is in it does not change.
func (l *Ledger) page(run string) Page {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.runs[run]; p != nil {
		return *p
	}
	return Page{}
}

// Serve serves clients by a handler, and whoever asks by the ledger. It says where on the standard output, and returns when the standard input ends.
// publish sends a number down to the clients of a run.
func (l *Ledger) Serve(clients http.Handler, publish func(run string, n int)) {
	at := func(h http.Handler) net.Addr {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal((&http.Server{Handler: h, ReadHeaderTimeout: time.Minute}).Serve(listener)) }()
		return listener.Addr()
	}
	fmt.Println("ready", at(clients), at(l.control(publish)))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func (l *Ledger) control(publish func(run string, n int)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /up", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(l.page(r.FormValue("run")))
	})
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]int{"count": len(l.page(r.FormValue("run")).N)})
	})
	mux.HandleFunc("POST /down", func(w http.ResponseWriter, r *http.Request) {
		hz, err := strconv.Atoi(r.FormValue("hz"))
		if err != nil || hz <= 0 {
			http.Error(w, "hz", http.StatusBadRequest)
			return
		}
		count, err := strconv.Atoi(r.FormValue("count"))
		if err != nil {
			http.Error(w, "count", http.StatusBadRequest)
			return
		}
		go down(r.FormValue("run"), time.Second/time.Duration(hz), count, publish)
		_, _ = io.WriteString(w, "{}\n")
	})
	return mux
}

func down(run string, every time.Duration, count int, publish func(run string, n int)) {
	began := time.Now()
	for n := 1; n <= count; n++ {
		// By the clock, not by the interval: a late tick does not make all later ones late.
		time.Sleep(time.Until(began.Add(time.Duration(n) * every)))
		publish(run, n)
	}
}
