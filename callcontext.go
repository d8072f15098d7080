package hawser

import (
	"context"
	"sync"
	"time"
)

// A callContext is the context of a call: it ends with the call's time, the client's cancel, or the session. Most handlers are done before anybody waits for
// its end, so what ends it is made when somebody does: it costs more than a short handler, and leaves something in the session's context for good.
type callContext struct {
	parent   context.Context
	deadline time.Time

	mu     sync.Mutex
	made   context.Context // nil until somebody waits
	cancel context.CancelFunc
	over   bool
	err    error // what Err has said
}

// bounded returns a context that ends with parent, and after Options.CallTimeout at the latest.
func (s *clientSession) bounded(parent context.Context) (context.Context, context.CancelFunc) {
	c := &callContext{parent: parent, deadline: time.Now().Add(s.server.options.CallTimeout)}
	return c, c.end
}

func (c *callContext) whole() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made, c.cancel = context.WithDeadline(c.parent, c.deadline)
		if c.over {
			c.cancel()
		}
	}
	return c.made
}

// end ends the context.
func (c *callContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, true }
func (c *callContext) Done() <-chan struct{}       { return c.whole().Done() }
func (c *callContext) Value(key any) any           { return c.whole().Value(key) }

func (c *callContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
	case c.made != nil:
		c.err = c.made.Err()
	case c.parent.Err() != nil:
		c.err = c.parent.Err()
	case c.over:
		c.err = context.Canceled
	case !time.Now().Before(c.deadline):
		c.err = context.DeadlineExceeded
	}
	return c.err
}
