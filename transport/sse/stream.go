package sse

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
	"github.com/hawser-go/hawser/transport/internal/post"
	"github.com/hawser-go/hawser/transport/internal/pump"
	"github.com/hawser-go/hawser/transport/internal/response"
)

var (
	_ transport.Sink = (*stream)(nil)
	_ pump.Outlet    = (*stream)(nil)
)

// A stream is one response, for as long as it lasts.
type stream struct {
	out     *response.Writer
	codec   codec.Codec
	framing framing
	pump    *pump.Pump

	// ctx ends when the stream has no more to do. Its first cause counts.
	ctx context.Context
	end context.CancelCauseFunc

	early *time.Timer

	opening sync.Mutex // guards opened; held over no write but openEarly's
	opened  bool       // the header has been written, or is about to be
}

func newStream(ctx context.Context, out *response.Writer, c codec.Codec) *stream {
	s := &stream{out: out, codec: c, framing: framingOf(c)}
	s.ctx, s.end = context.WithCancelCause(ctx)
	s.pump = pump.New(s)
	s.early = time.AfterFunc(openWithin, s.openEarly)
	return s
}

// Wake implements transport.Sink.
func (s *stream) Wake() { s.pump.Wake() }

// Close implements transport.Sink.
func (s *stream) Close() {
	s.end(transport.ErrSinkClosed)
	s.out.Kill()
}

// AppendNext implements pump.Outlet.
func (s *stream) AppendNext(dst []byte, w transport.Wire) ([]byte, error) {
	lent := buffer.Get()
	defer buffer.Put(lent)
	frame, last := w.Next(*lent)
	*lent = frame
	if len(frame) > 0 {
		dst = s.framing.append(dst, frame)
	}
	return dst, last
}

// AppendLast implements pump.Outlet: a stream just ends.
func (*stream) AppendLast(dst []byte, _ error) []byte { return dst }

// Write implements pump.Outlet.
func (s *stream) Write(b []byte, last error) error {
	s.open(post.Status(last))
	_, err := s.out.Write(b)
	return err
}

// Ended implements pump.Outlet.
func (s *stream) Ended(cause error) { s.end(cause) }

// openEarly sends the header and a comment, if nothing has been written yet.
func (s *stream) openEarly() {
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.opened || s.ctx.Err() != nil {
		return
	}
	s.opened = true
	s.writeHeader(http.StatusOK)
	if _, err := s.out.Write([]byte(s.framing.comment)); err != nil {
		s.end(err)
	}
}

// open writes the header before the first frame, unless openEarly has.
func (s *stream) open(status int) {
	s.opening.Lock()
	opened := s.opened
	s.opened = true
	s.opening.Unlock()
	if !opened {
		s.writeHeader(status)
	}
}

func (s *stream) writeHeader(status int) {
	response.SetHeader(s.out.Header(), s.framing.contentType)
	// Until the connection ends, and not in chunks: haproxy, of which nothing is set, keeps a chunk for 200 ms, in the hope of another.
	s.out.Header().Set("Transfer-Encoding", "identity")
	s.out.WriteHeader(status)
}

// recycle tells the client, after what was written last, to open another stream.
func (s *stream) recycle() {
	s.pump.Stop()
	over := &transport.CloseError{Code: transport.CodeRecycle, Message: "the request may not last longer"}
	frame, err := s.codec.AppendPacket(nil, over.Packet())
	if err == nil {
		err = s.Write(s.framing.append(nil, frame), over)
	}
	if err == nil {
		err = over
	}
	s.end(err)
}

// halt ends the writing. Unless the stream ended in good order, a write that still waits for the peer fails.
func (s *stream) halt() {
	s.early.Stop()
	s.end(transport.ErrPeerGone) // where the handler panicked
	var inOrder *transport.CloseError
	if !errors.As(context.Cause(s.ctx), &inOrder) {
		s.out.Kill()
	}
	s.pump.Stop()
}

// release lets go of the response, after which nothing may touch it: neither a late Close, nor the timer.
func (s *stream) release() {
	s.opening.Lock()
	defer s.opening.Unlock()
	s.opened = true
	s.out.Finish()
}

// cause says why the stream ended, once the pump has stopped.
func (s *stream) cause() error {
	cause := context.Cause(s.ctx)
	switch {
	case s.out.Stalled():
		return response.ErrStalled
	case errors.Is(cause, context.Canceled):
		return transport.ErrPeerGone
	default:
		return cause
	}
}
