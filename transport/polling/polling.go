// Package polling carries a session by requests that are held until there is something to answer. It works wherever HTTP does.
package polling

import (
	"net/http"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/response"
)

// Options configure the transport. The zero value is ready.
type Options struct{}

// Polling is the transport below "poll".
type Polling struct{}

var _ transport.Transport = (*Polling)(nil)

// New returns the transport.
func New(Options) *Polling { return &Polling{} }

const name = "polling"

// Name is "polling".
func (*Polling) Name() string { return name }

// Path is "poll".
func (*Polling) Path() string { return "poll" }

// Serve answers one poll with one batch: as soon as there is one, or with an empty one when the poll has been held for long enough.
//
// A poll that is held is there for most of the time, with all that is on the stack: so what is done before and after returns first, and the waiting is here.
func (*Polling) Serve(host transport.Host, w http.ResponseWriter, r *http.Request) {
	p, frame := open(host, w, r)
	if p == nil {
		return
	}
	defer p.end()
	over := p.receive(frame)
	if over == nil && p.hold() {
		p.mu.Lock()
		for !p.woken {
			p.wakes.Wait()
		}
		p.mu.Unlock()
		p.release()
	}
	p.answer(over)
}

// margin is what is left of a deadline to write the answer in.
const margin = 500 * time.Millisecond

// holdLimit returns when the poll must be answered.
func holdLimit(host transport.Host, w http.ResponseWriter, r *http.Request) time.Time {
	now := time.Now()
	limit := now.Add(host.MaxHold())
	if deadline, ok := r.Context().Deadline(); ok {
		limit = earlier(limit, deadline.Add(-margin))
	}
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.WriteTimeout > 0 && !response.Deadlines(w) {
		limit = earlier(limit, now.Add(server.WriteTimeout-margin)) // which cannot be put off
	}
	return limit
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
