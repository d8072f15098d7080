package hawser

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// calls are the questions to a client that wait for its answer.
type calls struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan *codec.Packet
	failed  error
}

// begin makes an id and a place for its answer, a packet, or nil when none will come.
func (c *calls) begin() (id uint64, answer <-chan *codec.Packet, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		return 0, nil, c.failed
	}
	c.last++
	if c.waiting == nil {
		c.waiting = map[uint64]chan *codec.Packet{}
	}
	a := make(chan *codec.Packet, 1)
	c.waiting[c.last] = a
	return c.last, a, nil
}

// answer hands over what came. An answer that nobody waits for any more is dropped.
func (c *calls) answer(p *codec.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.waiting[p.ID]; a != nil {
		own := *p
		a <- &own
		delete(c.waiting, p.ID)
	}
}

func (c *calls) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
	if len(c.waiting) == 0 {
		c.waiting = nil
	}
}

// fail ends all that wait, and all that come.
func (c *calls) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	for _, a := range c.waiting {
		close(a)
	}
	c.waiting = nil
}

// Call implements Session.
func (s *clientSession) Call(ctx context.Context, event string, data, reply any) error {
	if err := validEvent(event); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return unanswered(ctx, event)
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.server.options.CallTimeout)
		defer cancel()
	}
	deadline, _ := ctx.Deadline()
	id, answer, err := s.calls.begin()
	if err != nil {
		return err
	}
	defer s.calls.forget(id)
	left := max(time.Until(deadline), time.Millisecond)
	if err := s.sendWith(codec.Packet{Kind: codec.KindCall, ID: id, Event: event, Millis: uint64(left / time.Millisecond)}, data); err != nil {
		return err
	}
	s.inbox.waits()
	select {
	case p := <-answer:
		switch {
		case p == nil:
			return s.endedBecause()
		case p.Kind == codec.KindError:
			e := &Error{Code: Code(p.Code), Message: p.Message}
			if !p.Data.Absent() {
				e.Data, e.codec = p.Data, s.line.Codec()
			}
			return e
		case reply == nil:
			return nil
		}
		if err := codec.Decode(s.line.Codec(), p.Data, reply); err != nil {
			return Errorf(CodeBadRequest, "the client's answer to %q does not fit: %w", event, err)
		}
		return nil
	case <-ctx.Done():
		_ = s.sendWith(codec.Packet{Kind: codec.KindCancel, ID: id}, nil)
		return unanswered(ctx, event)
	}
}

// unanswered says why a call ends with its context.
func unanswered(ctx context.Context, event string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return Errorf(CodeTimeout, "the client did not answer %q in time: %w", event, ctx.Err())
	}
	return Errorf(CodeCanceled, "the call of %q was withdrawn: %w", event, ctx.Err())
}

func (s *clientSession) endedBecause() error {
	if cause := context.Cause(s.ctx); cause != nil {
		return cause
	}
	return ErrSessionEnded
}
