// Package sse carries frames down in the response to a POST: a text/event-stream, or, for a binary codec, frames with their lengths. What comes
// up after the request's own body comes by package uplink.
package sse

import (
	"net/http"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/age"
	"github.com/hawser-go/hawser/transport/internal/post"
	"github.com/hawser-go/hawser/transport/internal/pump"
	"github.com/hawser-go/hawser/transport/internal/response"
)

// Options configure the transport. The zero value is ready.
type Options struct {
	// MaxAge is how long a stream lasts at most: set it below what a proxy on the way allows a response to take. Some time before, the client is asked to
	// open another one beside it, and to move there, which costs nothing and is not noticed. By chance up to a quarter less; best not under 10 s, and 4 s is
	// the least. 0: streams last for ever.
	MaxAge time.Duration
}

// SSE is the transport below "sse".
type SSE struct {
	options Options
	faults  response.Faults
	crew    *pump.Crew
}

var _ transport.Transport = (*SSE)(nil)

// New returns the transport.
func New(o Options) *SSE { return &SSE{options: o, crew: pump.NewCrew()} }

// Name is "sse".
func (*SSE) Name() string { return "sse" }

// Path is "sse".
func (*SSE) Path() string { return "sse" }

const (
	// openWithin is how soon the client hears something, also while the application is still finding out who it is: silence looks like a
	// proxy that holds the stream back.
	openWithin = 50 * time.Millisecond
	// margin is what is left of the request's deadline, where middleware gives it one, to tell the client to open another stream.
	margin = 500 * time.Millisecond
)

// Serve streams until the wire is over or the peer is gone, or, where it can take the connection over, returns before. A response that cannot be streamed is
// refused with status 501 and a close packet, so that the client falls back, and the log says what stands in the way.
func (t *SSE) Serve(host transport.Host, w http.ResponseWriter, r *http.Request) {
	request, refused := post.Read(host, w, r)
	if refused != nil {
		post.Refuse(w, refused)
		return
	}
	opening := transport.Opening{Transport: t.Name(), Codec: request.Codec, Once: true, Ends: age.Ends(t.options.MaxAge)}
	if below, head := takeOver(w, r, framingOf(request.Codec).contentType); below != nil {
		c := newConn(below, head, framingOf(request.Codec), host.WriteTimeout(), t.crew)
		opening.Sink = c
		c.start(host.Open(r, opening))
		c.receive(request.Frame)
		return
	}
	if hidden := response.Streamable(w); hidden != nil {
		t.faults.Log(host.Logger(), t.Path(), hidden)
		post.Refuse(w, post.Unavailable(request.Codec, hidden))
		return
	}
	s := newStream(r.Context(), response.NewWriter(w, r, host.WriteTimeout()), request.Codec)
	defer s.release()
	opening.Sink = s
	wire := host.Open(r, opening)
	defer func() { wire.Detach(s.cause()) }()
	s.pump.Start(wire)
	defer s.halt()

	if over := wire.Receive(s.ctx, request.Frame); over != nil { //nolint:contextcheck // it descends from the request's
		s.pump.Finish(over)
	} else {
		s.pump.Wake()
	}
	select {
	case <-s.ctx.Done():
	case <-deadline(r):
		s.recycle()
	}
}

// deadline returns a channel that receives shortly before the request's context ends, if it ends by itself.
func deadline(r *http.Request) <-chan time.Time {
	at, ok := r.Context().Deadline()
	if !ok {
		return nil
	}
	return time.After(time.Until(at.Add(-margin)))
}
