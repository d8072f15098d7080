// Package uplink is the POST that brings packets up for a wire that only carries them down: the other half of SSE and of polling.
package uplink

import (
	"context"
	"net/http"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
	"github.com/hawser-go/hawser/transport/internal/post"
	"github.com/hawser-go/hawser/transport/internal/response"
)

// patience is for how long a request waits for room in the session's inbox before it answers busy. The client, which has one such request
// in flight, would take a longer silence for a dead network.
const patience = time.Second

// Uplink is the transport below "send". It is not one that a session can be on.
type Uplink struct{}

var _ transport.Transport = Uplink{}

// New returns the uplink.
func New() Uplink { return Uplink{} }

// Name is "send".
func (Uplink) Name() string { return "send" }

// Path is "send".
func (Uplink) Path() string { return "send" }

// Serve hands the body to the session that its hello names, and answers with what the session says to that.
func (u Uplink) Serve(host transport.Host, w http.ResponseWriter, r *http.Request) {
	request, refused := post.Read(host, w, r)
	if refused != nil {
		post.Refuse(w, refused)
		return
	}
	out := response.NewWriter(w, r, host.WriteTimeout())
	defer out.Finish()
	wire := host.Open(r, transport.Opening{Transport: u.Name(), Codec: request.Codec, Once: true})
	cause := transport.ErrAnswered
	defer func() { wire.Detach(cause) }()

	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	over := wire.Receive(ctx, request.Frame)
	lent := buffer.Get()
	defer buffer.Put(lent)
	answer, last := wire.Next((*lent)[:0])
	*lent = answer
	if last == nil {
		last = over
	}
	if last != nil {
		cause = last
	}
	if err := post.Answer(out, request.Codec, post.Status(last), answer); err != nil {
		cause = err
	}
}
