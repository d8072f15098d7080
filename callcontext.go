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

	mu   sync.Mutex // guards what follows
	over bool
	made *madeContext // nil until somebody waits
	said *error       // by Err; nil until then
}

// A madeContext is what those wait for who want to know when a call ends.
type madeContext struct {
	context.Context
	cancel context.CancelFunc
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
		c.made = &madeContext{}
		c.made.Context, c.made.cancel = context.WithDeadline(c.parent, c.deadline)
		if c.over {
			c.made.cancel()
		}
	}
	return c.made.Context
}

// end ends the context.
func (c *callContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.made != nil {
		c.made.cancel()
	}
}

func (c *callContext) Deadline() (time.Time, bool) { return c.deadline, true }
func (c *callContext) Done() <-chan struct{}       { return c.whole().Done() }
func (c *callContext) Value(key any) any           { return c.whole().Value(key) }

func (c *callContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said != nil {
		return *c.said
	}
	err := c.errLocked()
	if err != nil {
		c.said = &err // it says the same from now on
	}
	return err
}

func (c *callContext) errLocked() error {
	switch {
	case c.made != nil:
		return c.made.Err()
	case c.parent.Err() != nil:
		return c.parent.Err()
	case c.over:
		return context.Canceled
	case !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	}
	return nil
}
