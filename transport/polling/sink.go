package polling

import (
	"context"
	"time"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/response"
)

var _ transport.Sink = (*sink)(nil)

// patience is for how long packets wait for room in the session's inbox while there is something to answer already.
const patience = time.Second

// A sink is the waiting half of one poll.
type sink struct {
	out     *response.Writer
	request context.Context // ends when the peer leaves, or by Close
	end     context.CancelCauseFunc

	receiving context.Context // of Receive: ends with request, when the poll's time is up, or some time after a wake
	giveUp    *time.Timer
	limit     time.Time

	woken chan struct{}
}

func newSink(ctx context.Context, out *response.Writer, limit time.Time) *sink {
	s := &sink{out: out, limit: limit, woken: make(chan struct{}, 1)}
	s.request, s.end = context.WithCancelCause(ctx)
	receiving, stop := context.WithCancel(s.request)
	s.receiving = receiving
	s.giveUp = time.AfterFunc(time.Until(limit), stop)
	return s
}

func (s *sink) Wake() {
	select {
	case s.woken <- struct{}{}:
		s.giveUp.Reset(min(patience, time.Until(s.limit)))
	default:
	}
}

func (s *sink) Close() {
	s.end(transport.ErrSinkClosed)
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
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.woken:
	case <-timer.C:
	case <-s.request.Done():
	}
}

// release gives back what the sink holds. Its timer may still run once, to end a context that is over.
func (s *sink) release() {
	s.giveUp.Stop()
	s.end(transport.ErrAnswered)
}

// cause says why the request ended.
func (s *sink) cause() error { return s.causeOf(transport.ErrPeerGone) }

// causeOf says why a write failed: with err, unless Close made it.
func (s *sink) causeOf(err error) error {
	if context.Cause(s.request) == transport.ErrSinkClosed { //nolint:errorlint // the cause that Close set, itself
		return transport.ErrSinkClosed
	}
	return err
}
