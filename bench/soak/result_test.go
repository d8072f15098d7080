package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// flat is the live heap of a run that is as it should be, in MB at each rest: it warms up, and then differs a little.
var flat = []float64{15, 18, 19, 20.1, 19.9, 20, 20, 20.1, 19.9, 20, 19.9, 20.1}

// measured is one with that much on the heap at each rest.
func measured(live ...float64) *result {
	r := &result{}
	for i, mb := range live {
		s := sample{At: time.Duration(i) * round}
		s.RSS, s.Objects = 80e6, 150e3
		s.Live = int64(1e6 * mb)
		r.Rests = append(r.Rests, s)
	}
	return r
}

// leaky is the flat run, with so many MB more at each rest than at the one before.
func leaky(each float64) *result {
	var live []float64
	for i, mb := range flat {
		live = append(live, mb+each*float64(i))
	}
	return measured(live...)
}

func TestVerdict(t *testing.T) {
	with := func(change func(*result)) *result {
		r := measured(flat...)
		change(r)
		return r
	}
	last := func(change func(*sample)) func(*result) {
		return func(r *result) {
			for i := range r.Rests[9:] {
				change(&r.Rests[9+i])
			}
		}
	}
	for name, c := range map[string]struct {
		run  *result
		says string // "": nothing
	}{
		"flat":              {measured(flat...), ""},
		"less":              {leaky(-0.05), ""},
		"a little more":     {leaky(0.05), ""},
		"more":              {leaky(0.1), "live heap grew from 20.40 to 20.90 MB"},
		"much more":         {leaky(1), "live heap grew"},
		"one of a third":    {with(func(r *result) { r.Rests[10].Live += 300e3 }), ""},
		"too noisy":         {with(func(r *result) { r.Rests[11].Live += 300e3 }), "live heap cannot be judged: within a third of the run it differs by 2.5 %"},
		"warming up":        {with(func(r *result) { r.Rests[2].Live *= 2 }), ""},
		"resident":          {with(last(func(s *sample) { s.RSS = 85e6 })), "resident memory grew from 80.00 to 85.00 MB"},
		"objects":           {with(last(func(s *sample) { s.Objects = 152e3 })), "objects on the heap grew from 150.00 to 152.00 thousand"},
		"too short":         {measured(20, 20, 20), "live heap cannot be judged"},
		"a session is left": {with(func(r *result) { r.After.Server.Sessions = 1 }), "1 sessions"},
		"a lease is left":   {with(func(r *result) { r.After.Broker.Leases = 1 }), "1 leases"},
		"much is left":      {with(func(r *result) { r.After.Live = 5e6 }), "5.0 MB of the heap stayed"},
		"a gap nobody told": {with(func(r *result) { r.tally.wrong(errors.New("a gap")) }), "1 promises were broken"},
	} {
		err := c.run.verdict()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSettled(t *testing.T) {
	settled := func() (c counts) {
		c.Server.Sessions, c.Server.Channels = 5, 7
		c.Broker.Channels, c.Broker.Leases = 20, 10
		return c
	}
	if !settled().settled(5) {
		t.Error("it is")
	}
	for name, change := range map[string]func(*counts){
		"a member is away":   func(c *counts) { c.Server.Sessions = 4 },
		"a session too many": func(c *counts) { c.Server.Sessions = 6 },
		"one is remembered":  func(c *counts) { c.Server.Remembered = 1 },
		"a message is kept":  func(c *counts) { c.Broker.Messages = 1 },
		"a state lasts":      func(c *counts) { c.Broker.Leases = 11 },
	} {
		c := settled()
		if change(&c); c.settled(5) {
			t.Error(name, "and it is settled")
		}
	}
}

func TestScale(t *testing.T) {
	for most, want := range map[float64]string{
		10.05: "0 2 4 6 8 10 12", 3.3: "0 1 2 3 4", 64.7: "0 20 40 60 80", 0.4: "0 0.1 0.2 0.3 0.4", 100: "0 20 40 60 80 100", 99: "0 20 40 60 80 100",
	} {
		var labels []string
		for _, tick := range scale(most) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("to %v: %s, not %s", most, got, want)
		}
	}
}
