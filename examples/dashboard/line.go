package main

import (
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/examples/internal/serve"
)

const (
	// slowRate is what a slow line carries, in bytes a second: that of a phone in a tunnel.
	slowRate = 8_000
	// slowPath goes before the paths of those who want a slow line.
	slowPath = "/slow"
)

// A line is a connection that can be made slow.
type line struct {
	net.Conn
	slow atomic.Bool
}

// Write writes as fast as the line is. What it has not written yet is with the server, not in some buffer on the way.
func (l *line) Write(b []byte) (n int, err error) {
	for n < len(b) {
		piece := b[n:]
		if l.slow.Load() {
			piece = piece[:min(len(piece), slowRate/100)]
			time.Sleep(time.Duration(len(piece)) * time.Second / slowRate)
		}
		m, err := l.Conn.Write(piece)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// slowed serves what is below slowPath, too, by a slow line.
func slowed(h http.Handler) http.Handler {
	slow := http.StripPrefix(slowPath, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wanted := strings.HasPrefix(r.URL.Path, slowPath+"/")
		if l, ok := serve.Conn(r).(*line); ok {
			l.slow.Store(wanted) // a connection is used again
		}
		if wanted {
			slow.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}
