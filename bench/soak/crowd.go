package main

import (
	"context"
	"sync"
	"time"
)

// A crowd is members that live.
type crowd struct {
	stop context.CancelFunc
	all  sync.WaitGroup
}

// arrival is the time between two members at the beginning.
const arrival = 10 * time.Millisecond

// gather lets n members come, one after the other, and returns at once.
func gather(ctx context.Context, url string, n int, seed uint64, t *tally) *crowd {
	ctx, stop := context.WithCancel(ctx)
	c := &crowd{stop: stop}
	for i := range n {
		m := newMember(url, i, seed, t)
		c.all.Go(func() {
			m.pause(ctx, time.Duration(i)*arrival)
			m.live(ctx)
		})
	}
	return c
}

// disperse lets all leave, and returns when they have. It may be called again.
func (c *crowd) disperse() {
	c.stop()
	c.all.Wait()
}
