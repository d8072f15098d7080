package post

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// slowest is the rate, in bytes a second, below which a body that is still coming is given up.
const slowest = 4 << 10

// body reads a request's body under a deadline that moves on with what comes, in place of the server's ReadTimeout: a phone's uplink may be
// slow, and a peer that only pretends to send may not hold the request for ever.
type body struct {
	io.Reader
	control  http.ResponseController
	deadline time.Time
}

var bodies = sync.Pool{New: func() any { return new(body) }}

func newBody(w http.ResponseWriter, r *http.Request, patience time.Duration) *body {
	b := bodies.Get().(*body)
	*b = body{Reader: r.Body, control: *http.NewResponseController(w), deadline: time.Now().Add(patience)}
	return b
}

// release gives a body back that has been read as far as it is to be.
func (b *body) release() {
	*b = body{}
	bodies.Put(b)
}

func (b *body) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(b.deadline) // where it is hidden, the server's own counts
	n, err := b.Reader.Read(p)
	b.deadline = b.deadline.Add(time.Duration(n) * (time.Second / slowest))
	return n, err
}
