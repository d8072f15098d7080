package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/hawser-go/hawser/internal/netlab"
)

const (
	hz = 50 // messages a second, each way
	// gap is how long a flow may be interrupted at most.
	gapLimit = 60 * time.Second
	// quiet is how long nothing may come after the end of a flow before what is missing counts as lost.
	quiet = 5 * time.Second
)

// A flow is numbers that go up, down or both ways, while the network does something to the connections that are open.
type flow struct {
	up, down bool
	count    int // so many numbers each way; 0: until it goes on after the last blow
	blows    []blow
}

// A blow is what happens to all open connections, at a time after the flow began.
type blow struct {
	at  time.Duration
	how netlab.Ending
}

// every returns n blows.
func every(interval time.Duration, n int, how netlab.Ending) []blow {
	var blows []blow
	for i := range n {
		blows = append(blows, blow{time.Duration(i+1) * interval, how})
	}
	return blows
}

func (f flow) run(t *trial) (measures, error) {
	c, err := startClient(t.ctx, "client.mjs", t.contender.name)
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
	if err := t.settle(c, lab); err != nil {
		return nil, err
	}
	t.leave(0)
	ways, err := f.begin(t, c)
	if err != nil {
		return nil, err
	}
	if err := f.strike(t, lab); err != nil {
		return nil, err
	}
	if f.count == 0 {
		goesOn, err := t.until(gapLimit, ways[0].grows())
		if err != nil {
			return nil, err
		}
		if goesOn {
			err = t.sleep(2 * time.Second)
		}
		if err != nil {
			return nil, err
		}
	}
	return f.end(t, c, ways)
}

// settle connects, and waits until the client is where it wants to be.
func (t *trial) settle(c *client, lab *netlab.Lab) error {
	if _, err := c.open(lab.URL(), t.run, limit); err != nil {
		return err
	}
	_, err := t.until(10*time.Second, func() (bool, error) {
		transport, err := c.transport()
		return transport == "websocket", err
	})
	if err != nil {
		return err
	}
	return t.sleep(time.Second)
}

// begin lets the numbers flow.
func (f flow) begin(t *trial, c *client) ([]*way, error) {
	var ways []*way
	if f.up {
		ways = append(ways, &way{
			count: func() (n int, err error) {
				var answer struct{ Count int }
				err = t.control(http.MethodGet, "count", "", &answer)
				return answer.Count, err
			},
			arrived: func() (a arrivals, err error) {
				err = t.control(http.MethodGet, "up", "", &a)
				return a, err
			},
		})
		if err := c.ask(command{Do: "send", Hz: hz, Count: f.count}, &struct{}{}); err != nil {
			return nil, err
		}
	}
	if f.down {
		ways = append(ways, &way{
			count: func() (int, error) {
				var answer struct{ Count int }
				err := c.ask(command{Do: "count"}, &answer)
				return answer.Count, err
			},
			arrived: func() (a arrivals, err error) {
				err = c.ask(command{Do: "heard"}, &a)
				return a, err
			},
		})
		count := f.count
		if count == 0 { // longer than anybody waits
			count = int((gapLimit + 10*time.Second).Seconds() * hz)
		}
		if err := t.control(http.MethodPost, "down", fmt.Sprintf("&hz=%d&count=%d", hz, count), &struct{}{}); err != nil {
			return nil, err
		}
	}
	return ways, nil
}

func (f flow) strike(t *trial, lab *netlab.Lab) error {
	began := time.Now()
	for _, b := range f.blows {
		if err := t.sleep(time.Until(began.Add(b.at))); err != nil {
			return err
		}
		lab.Cut(b.how)
	}
	return nil
}

// end waits for what is under way, and judges what arrived.
func (f flow) end(t *trial, c *client, ways []*way) (measures, error) {
	sent := f.count
	if f.up && sent == 0 {
		var answer struct{ Sent int }
		if err := c.ask(command{Do: "stop"}, &answer); err != nil {
			return nil, err
		}
		sent = answer.Sent
	}
	sum := verdict{}
	for _, w := range ways {
		// What still flows down has no end to wait for: it is judged up to where it has come.
		if sent > 0 {
			if err := w.await(t, sent); err != nil {
				return nil, err
			}
		}
		arrived, err := w.arrived()
		if err != nil {
			return nil, err
		}
		sum = sum.and(judge(arrived, sent))
	}
	return sum.measures(), nil
}

// A way is one direction of a flow, as its far end sees it.
type way struct {
	count   func() (int, error)
	arrived func() (arrivals, error)
}

// grows returns a condition: something has arrived that was not under way when it was asked first, or shortly after.
func (w *way) grows() func() (bool, error) {
	asked, before := 0, 0
	return func() (bool, error) {
		n, err := w.count()
		if asked++; asked <= 3 {
			before = n
		}
		return n > before, err
	}
}

// await waits until so many have arrived, or none any more.
func (w *way) await(t *trial, sent int) error {
	last, since := -1, time.Now()
	_, err := t.until(gapLimit, func() (bool, error) {
		n, err := w.count()
		if n != last {
			last, since = n, time.Now()
		}
		return n >= sent || time.Since(since) > quiet, err
	})
	return err
}

// control asks the contender's server, past the laboratory.
func (t *trial) control(method, path, parameters string, answer any) error {
	ctx, cancel := context.WithTimeout(t.ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+t.server.Control+"/"+path+"?run="+t.run+parameters, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(answer)
}
