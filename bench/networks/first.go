package main

import (
	"math"
	"time"

	"github.com/hawser-go/hawser/bench/internal/spread"
	"github.com/hawser-go/hawser/internal/netlab"
)

// limit is how long a client may take to its first message.
const limit = 40 * time.Second

// first measures how long it takes from connect to the server's first message. Where it takes little, it is measured more than once in a trial, and the
// median counts.
type first struct {
	opens int // 0: 1
	// lifted has the faults taken away after the first message, and measures how long it takes until the client uses a WebSocket.
	lifted bool
}

func (f first) run(t *trial) (measures, error) {
	c, err := startClient(t.ctx, "client.mjs", t.contender.name)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	if err := t.warm(c); err != nil {
		return nil, err
	}
	var times []float64
	var lab *netlab.Lab
	for range max(f.opens, 1) {
		if lab, err = t.lab(t.faults); err != nil {
			return nil, err
		}
		t.leave(patience)
		ms, err := c.open(lab.URL(), "", limit)
		if err != nil {
			return nil, err
		}
		times = append(times, ms)
		if math.IsInf(ms, 1) {
			break
		}
	}
	m := measures{firstMessage: value(spread.Of(times).Median)}
	if f.lifted {
		t.leave(0)
		m[movedUp], err = t.movesUp(c, lab)
	}
	return m, err
}

// movesUp lets the network get well, and waits for the client to use a WebSocket.
func (t *trial) movesUp(c *client, lab *netlab.Lab) (value, error) {
	lab.Set()
	lifted := time.Now()
	moved, err := t.until(limit, func() (bool, error) {
		transport, err := c.transport()
		return transport == "websocket", err
	})
	if !moved {
		return never, err
	}
	return value(millis(time.Since(lifted))), err
}

// browser measures the same in Chromium, where the page has come the same way before.
type browser struct{}

func (browser) run(t *trial) (measures, error) {
	c, err := startClient(t.ctx, "browser.mjs", t.contender.browser)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	if err := t.warm(c); err != nil {
		return nil, err
	}
	lab, err := t.lab(t.faults)
	if err != nil {
		return nil, err
	}
	ms, err := c.open(lab.URL(), "", limit)
	return measures{firstMessage: value(ms)}, err
}
