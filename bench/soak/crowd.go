package main

import (
	"context"
	"sync"
	"time"
)

// A crowd is members that live.
type crowd struct {
	ctx  context.Context //nolint:containedctx // of the members' lives
	stop context.CancelFunc
	mood *mood
	all  sync.WaitGroup
}

// arrival is the time between two members at the beginning.
const arrival = 10 * time.Millisecond

// gather lets n members come, one after the other, and returns at once. They stir.
func gather(ctx context.Context, url string, n int, seed uint64, t *tally) *crowd {
	c := &crowd{}
	c.ctx, c.stop = context.WithCancel(ctx)
	c.mood = newMood(c.ctx)
	for i := range n {
		m := newMember(url, i, seed, c.mood, t)
		c.all.Go(func() {
			m.pause(c.ctx, time.Duration(i)*arrival)
			m.live(c.ctx)
		})
	}
	return c
}

// stir lets things happen to the members.
func (c *crowd) stir() { c.mood.turn(c.ctx, false) }

// rest makes all members come back, and then be there and do nothing.
func (c *crowd) rest() { c.mood.turn(c.ctx, true) }

// disperse lets all leave, and returns when they have. It may be called again.
func (c *crowd) disperse() {
	c.stop()
	c.all.Wait()
}
