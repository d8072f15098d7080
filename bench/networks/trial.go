package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hawser-go/hawser/bench/internal/process"
	"github.com/hawser-go/hawser/internal/netlab"
)

// A trial is one contender in one scenario, once.
type trial struct {
	contender contender
	server    *process.Server
	faults    string
	run       string // a name that no other trial has
	ctx       context.Context
	leave     func(after time.Duration) // the stage
}

// lab puts a laboratory in front of the contender's server, until the trial ends. Each has a port of its own, so that no client finds a connection that
// another has left open.
func (t *trial) lab(faults string) (*netlab.Lab, error) {
	parsed, err := netlab.Parse(faults)
	if err != nil {
		return nil, err
	}
	lab, err := netlab.Listen("127.0.0.1:0", netlab.Options{Target: t.server.Address, Seed: 1, Faults: parsed})
	if err != nil {
		return nil, err
	}
	context.AfterFunc(t.ctx, lab.Close)
	return lab, nil
}

// warm lets a client connect a few times where nothing is wrong: what a program does for the first time takes longer.
func (t *trial) warm(c *client) error {
	for range 3 {
		lab, err := t.lab("")
		if err != nil {
			return err
		}
		if _, err := c.open(lab.URL(), "", 10*time.Second); err != nil {
			return err
		}
	}
	return nil
}

// until waits for something to become true, and returns whether it did in time.
func (t *trial) until(within time.Duration, condition func() (bool, error)) (bool, error) {
	for end := time.Now().Add(within); ; {
		if ok, err := condition(); ok || err != nil {
			return ok, err
		}
		if time.Now().After(end) {
			return false, nil
		}
		if err := t.sleep(50 * time.Millisecond); err != nil {
			return false, err
		}
	}
}

func (t *trial) sleep(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-t.ctx.Done():
		return fmt.Errorf("the trial takes too long, or was interrupted: %w", t.ctx.Err())
	}
}

// A stage is where trials go one at a time, so that they do not take each other's milliseconds. One that takes long waits beside it.
type stage struct{ free chan struct{} }

func newStage() *stage { return &stage{make(chan struct{}, 1)} }

// patience is after how long a trial leaves the stage, whether it has what it waits for or not.
const patience = 1500 * time.Millisecond

// enter waits for the stage. What it returns leaves it, now or after a time; the first counts.
func (s *stage) enter() (leave func(after time.Duration)) {
	s.free <- struct{}{}
	left := make(chan struct{}, 1)
	out := func() {
		select {
		case left <- struct{}{}:
			<-s.free
		default:
		}
	}
	return func(after time.Duration) {
		if after == 0 {
			out()
			return
		}
		time.AfterFunc(after, out)
	}
}
