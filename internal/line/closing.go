package line

import (
	"maps"
	"slices"
	"sync"
)

// A closing is the wires that were told to close and have not ended. Some of them belong to no line any more: it was one too many, its page has left, or the
// line itself is gone. Nobody else could find those whose last write hangs.
type closing struct {
	mu    sync.Mutex // guards what follows; no other lock is taken while it is held
	wires map[*Wire]struct{}
}

func (c *closing) add(w *Wire) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wires == nil {
		c.wires = map[*Wire]struct{}{}
	}
	c.wires[w] = struct{}{}
}

func (c *closing) remove(w *Wire) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.wires, w)
	if len(c.wires) == 0 {
		c.wires = nil // a map gives nothing back by itself
	}
}

func (c *closing) all() []*Wire {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.wires))
}
