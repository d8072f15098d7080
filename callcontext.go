package hawser

import (
	"context"
	"sync"
	"time"
)

// A callContext is the context of a call: it ends with the call's time, the client's cancel, or the session. Most handlers are done before anybody asks for
// its end, so what ends it, which costs more than a short handler, is made when somebody does.
type callContext struct {
	parent   context.Context
	deadline time.Time

	mu     sync.Mutex
	made   context.Context // nil until somebody asks
	cancel context.CancelFunc
	over   bool
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
func (c *callContext) Err() error                  { return c.whole().Err() }
func (c *callContext) Value(key any) any           { return c.whole().Value(key) }
