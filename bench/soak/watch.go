package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/load"
	"github.com/hawser-go/hawser/broker/memory"
)

// A watch looks at the server.
type watch struct {
	control *load.Control
	address string
	began   time.Time
	heap    string // where heap profiles go; "": nowhere
}

// counts are how many there are of the things that the server keeps.
type counts struct {
	Server hawser.Stats `json:"server"`
	Broker memory.Stats `json:"broker"`
}

// settled reports whether the server keeps what it has to for so many members, each in a room and at a table, and nothing of anybody else or of the past:
// no session that ended is remembered, no message is kept, and of leases there is one for each member and channel and none of a state.
func (c counts) settled(members int) bool {
	return c.Server.Sessions == members && c.Server.Remembered == 0 && c.Broker.Messages == 0 && c.Broker.Leases == 2*members
}

func (c counts) String() string {
	return fmt.Sprintf("%d sessions, %d remembered, %d channels, %d of the broker, %d messages, %d leases",
		c.Server.Sessions, c.Server.Remembered, c.Server.Channels, c.Broker.Channels, c.Broker.Messages, c.Broker.Leases)
}

// A sample is the server at one moment, after its garbage was collected and given back.
type sample struct {
	At time.Duration // since the server began
	control.Usage
	counts
}

func (s sample) String() string {
	return fmt.Sprintf("%4.0f s  %6.2f MB resident, %6.2f MB live in %d objects, %5.2f MB stacks, %d goroutines, %v, %.0f CPU s",
		s.At.Seconds(), mega(s.RSS), mega(s.Live), s.Objects, mega(s.Stack), s.Goroutines, s.counts, s.CPU)
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

func (w *watch) sample(ctx context.Context) (s sample, err error) {
	s.At = time.Since(w.began)
	if s.Usage, err = w.control.Ask("gc"); err != nil {
		return s, err
	}
	s.counts, err = w.count(ctx)
	return s, err
}

// looks is how often the server is measured at a rest.
const looks = 3

// atRest waits until the server has settled on so many members, and samples it: the least of some looks, for what renews leases or answers a ping at that
// moment is not kept.
func (w *watch) atRest(ctx context.Context, members int) (least sample, err error) {
	if err := w.settled(ctx, members); err != nil {
		return least, err
	}
	for range looks {
		s, err := w.sample(ctx)
		if err != nil {
			return least, err
		}
		if least.Live > 0 {
			s.Live, s.Objects, s.RSS = min(s.Live, least.Live), min(s.Objects, least.Objects), min(s.RSS, least.RSS)
		}
		least = s
		wait(ctx, time.Second)
	}
	return least, ctx.Err()
}

func (w *watch) count(ctx context.Context) (c counts, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.address+"/stats", nil)
	if err != nil {
		return c, err
	}
	r.Close = true // the connection would count
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return c, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&c)
	return c, err
}

// patience is for how long what the server may remember of those who left lasts, with some time to spare.
const patience = 30 * time.Second

// settled waits until the server has settled on so many members.
func (w *watch) settled(ctx context.Context, members int) error {
	for end := time.Now().Add(patience); ; {
		c, err := w.count(ctx)
		switch {
		case err != nil:
			return err
		case c.settled(members):
			return nil
		case time.Now().After(end):
			return fmt.Errorf("when %d members rested there were still %v", members, c)
		}
		if wait(ctx, time.Second); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// empty samples until nothing is left of those who were there, or patience is over.
func (w *watch) empty(ctx context.Context, before sample) (s sample, err error) {
	for end := time.Now().Add(patience); ; {
		if s, err = w.sample(ctx); err != nil || s.emptyAs(before) || time.Now().After(end) {
			return s, err
		}
		if wait(ctx, time.Second); ctx.Err() != nil {
			return s, ctx.Err()
		}
	}
}

func (s sample) emptyAs(before sample) bool {
	return s.settled(0) && s.Server.Channels == 0 && s.Goroutines <= before.Goroutines
}

// profile writes a heap profile, if they are wanted.
func (w *watch) profile(name string) error {
	if w.heap == "" {
		return nil
	}
	path, err := filepath.Abs(filepath.Join(w.heap, name+".heap"))
	if err != nil {
		return err
	}
	_, err = w.control.Ask("heap " + path)
	return err
}
