// Package polling carries a session by requests that are held until there is something to answer. It works wherever HTTP does.
package polling

import (
	"net/http"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
	"github.com/hawser-go/hawser/transport/internal/post"
	"github.com/hawser-go/hawser/transport/internal/response"
)

// Options configure the transport. The zero value is ready.
type Options struct{}

// Polling is the transport below "poll".
type Polling struct{}

var _ transport.Transport = Polling{}

// New returns the transport.
func New(Options) Polling { return Polling{} }

// Name is "polling".
func (Polling) Name() string { return "polling" }

// Path is "poll".
func (Polling) Path() string { return "poll" }

// Serve answers one poll with one batch: as soon as there is one, or with an empty one when the poll has been held for long enough.
func (p Polling) Serve(host transport.Host, w http.ResponseWriter, r *http.Request) {
	request, refused := post.Read(host, w, r)
	if refused != nil {
		post.Refuse(w, refused)
		return
	}
	out := response.NewWriter(w, r, host.WriteTimeout())
	defer out.Finish()
	limit := holdLimit(host, w, r)
	s := newSink(r.Context(), out, limit)
	wire := host.Open(r, transport.Opening{Transport: p.Name(), Codec: request.Codec, Sink: s, Once: true})
	cause := transport.ErrAnswered
	defer func() { wire.Detach(cause) }()

	over := wire.Receive(&s.receiving, request.Frame) //nolint:contextcheck // it descends from the request's
	s.receiving.over()
	request.Frame = nil // which a poll that is held would keep
	if over == nil {
		s.forgetWakes() // what they were for, Hold knows
		s.hold(min(wire.Hold(), time.Until(limit)))
	}
	if s.left() {
		out.Kill() // or the server would answer for us, with an empty 200
		cause = s.cause()
		return
	}
	lent := buffer.Get()
	defer buffer.Put(lent)
	batch, last := wire.Next((*lent)[:0])
	*lent = batch
	if last == nil {
		last = over
	}
	if last != nil {
		cause = last
	}
	if err := post.Answer(out, request.Codec, post.Status(last), batch); err != nil {
		cause = s.causeOf(err)
	}
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
