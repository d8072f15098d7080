package netlab

import (
	"context"
	"maps"
	"sync"
)

// counts are how often things happened, by name.
type counts struct {
	mu      sync.Mutex
	byName  map[string]int64
	changed chan struct{} // nil: nobody waits
}

func (c *counts) add(name string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		c.byName = map[string]int64{}
	}
	c.byName[name] += int64(n)
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

func (c *counts) get(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byName[name]
}

func (c *counts) all() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		return map[string]int64{}
	}
	return maps.Clone(c.byName)
}

func (c *counts) await(ctx context.Context, name string, n int64) error {
	for {
		c.mu.Lock()
		if c.byName[name] >= n {
			c.mu.Unlock()
			return nil
		}
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
