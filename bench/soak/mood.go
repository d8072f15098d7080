package main

import (
	"context"
	"sync"
)

// A mood is what the members are about: they stir, or all of them rest. Its methods may be called at the same time.
type mood struct {
	mu    sync.Mutex // guards what follows
	rests bool
	phase context.Context    //nolint:containedctx // of a time, and not of a call
	over  context.CancelFunc // ends phase
}

// newMood returns a mood in which members stir, until ctx ends.
func newMood(ctx context.Context) *mood {
	m := &mood{}
	m.phase, m.over = context.WithCancel(ctx)
	return m
}

// now returns a context that ends when the mood turns, and whether the members rest until then.
func (m *mood) now() (phase context.Context, rests bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.phase, m.rests
}

// turn makes the members rest, or stir again, until ctx ends.
func (m *mood) turn(ctx context.Context, rests bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over()
	m.phase, m.over = context.WithCancel(ctx)
	m.rests = rests
}
