package polling

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/response"
)

var _ transport.Sink = (*sink)(nil)

// A sink is the waiting half of one poll.
type sink struct {
	out       *response.Writer
	request   context.Context // ends when the peer leaves
	receiving receiving       // the context of Receive
	closed    atomic.Bool
	woken     chan struct{} // by Wake, Close, or when the time is up
}

func newSink(ctx context.Context, out *response.Writer, limit time.Time) *sink {
	return &sink{
		out: out, request: ctx, receiving: receiving{Context: ctx, limit: limit},
		woken: make(chan struct{}, 1),
	}
}

func (s *sink) Wake() {
	s.receiving.wake()
	s.signal()
}

func (s *sink) signal() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

func (s *sink) Close() {
	s.closed.Store(true)
	s.receiving.close()
	s.signal()
	s.out.Kill()
}

func (s *sink) forgetWakes() {
	select {
	case <-s.woken:
	default:
	}
}

// hold waits for a wake, but no longer than d.
func (s *sink) hold(d time.Duration) {
	if d <= 0 || s.closed.Load() {
		return
	}
	timer := time.AfterFunc(d, s.signal)
	defer timer.Stop()
	select {
	case <-s.woken:
	case <-s.request.Done():
	}
}

// left reports whether nobody is there to be answered: the peer has gone, or Close has been called.
func (s *sink) left() bool { return s.closed.Load() || s.request.Err() != nil }

// cause says why the request ended.
func (s *sink) cause() error { return s.causeOf(transport.ErrPeerGone) }

// causeOf says why a write failed: with err, unless Close made it.
func (s *sink) causeOf(err error) error {
	if s.closed.Load() {
		return transport.ErrSinkClosed
	}
	return err
}
