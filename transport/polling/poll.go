package polling

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
	"github.com/hawser-go/hawser/transport/internal/post"
	"github.com/hawser-go/hawser/transport/internal/response"
)

var _ transport.Sink = (*poll)(nil)

// A poll is one request, and the sink of its wire.
type poll struct {
	out       *response.Writer
	codec     codec.Codec
	wire      transport.Wire
	receiving receiving // the context of Receive: the request's, which ends when the peer leaves, and more
	closed    atomic.Bool
	cause     error // why it is over

	timer *time.Timer // while it is held
	stay  func() bool // the same: lets the peer leave

	mu    sync.Mutex // guards woken; nothing else is locked while it is held
	woken bool       // by Wake or Close, or, while it is held, because the time is up or the peer has left
	wakes sync.Cond  // woken has become true
}

// open begins the poll that a request is, and returns the frame that came with it. One that is refused is answered here, and nil.
func open(host transport.Host, w http.ResponseWriter, r *http.Request) (p *poll, frame []byte) {
	request, refused := post.Read(host, w, r)
	if refused != nil {
		post.Refuse(w, refused)
		return nil, nil
	}
	p = &poll{
		out: response.NewWriter(w, r, host.WriteTimeout()), codec: request.Codec,
		receiving: receiving{Context: r.Context(), limit: holdLimit(host, w, r)},
		cause:     transport.ErrAnswered,
	}
	p.wakes.L = &p.mu
	p.wire = host.Open(r, transport.Opening{Transport: name, Codec: p.codec, Sink: p, Once: true})
	return p, request.Frame
}

// receive hands on the frame that came.
func (p *poll) receive(frame []byte) (over error) {
	over = p.wire.Receive(&p.receiving, frame)
	p.receiving.over()
	return over
}

// hold reports whether the poll is to be held, until it is woken. Then it is to be released.
func (p *poll) hold() bool {
	p.mu.Lock()
	p.woken = false // what that was for, Hold knows
	p.mu.Unlock()
	d := min(p.wire.Hold(), time.Until(p.receiving.limit))
	if d <= 0 || p.closed.Load() {
		return false
	}
	signal := p.signal
	p.timer = time.AfterFunc(d, signal)
	p.stay = context.AfterFunc(p.receiving.Context, signal)
	return true
}

func (p *poll) release() {
	p.timer.Stop()
	p.stay()
}

// answer writes what waits. Over is what Receive said.
func (p *poll) answer(over error) {
	if p.left() {
		p.out.Kill() // or the server would answer for us, with an empty 200
		p.cause = p.causeOf(transport.ErrPeerGone)
		return
	}
	lent := buffer.Get()
	defer buffer.Put(lent)
	batch, last := p.wire.Next((*lent)[:0])
	*lent = batch
	if last == nil {
		last = over
	}
	if last != nil {
		p.cause = last
	}
	if err := post.Answer(p.out, p.codec, post.Status(last), batch); err != nil {
		p.cause = p.causeOf(err)
	}
}

// end lets go of the wire and the response.
func (p *poll) end() {
	p.wire.Detach(p.cause)
	p.out.Finish()
}

// Wake implements transport.Sink.
func (p *poll) Wake() {
	p.receiving.wake()
	p.signal()
}

// Close implements transport.Sink.
func (p *poll) Close() {
	p.closed.Store(true)
	p.receiving.close()
	p.signal()
	p.out.Kill()
}

func (p *poll) signal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.woken = true
	p.wakes.Signal()
}

// left reports whether nobody is there to be answered: the peer has gone, or Close has been called.
func (p *poll) left() bool { return p.closed.Load() || p.receiving.Context.Err() != nil }

// causeOf says why a write failed: with err, unless Close made it.
func (p *poll) causeOf(err error) error {
	if p.closed.Load() {
		return transport.ErrSinkClosed
	}
	return err
}
