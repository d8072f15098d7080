package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/hawser-go/hawser"
)

// addChannels adds the channels that do more than carry messages.
//
//	channel hist:{name}             keeps 1,000 messages for 60 s, which members may read and publish; call publish {n} appends event item {n}
//	channel snap:{name}             a counter, with a snapshot {total} at its position; call add {n} publishes added {n, total}
//	channel seen:{name}             presence, with data, and states
//	channel latest:{name}           what members publish, only the latest by field k for those who are slow
func addChannels(rt *hawser.Server) {
	anyone := func(*hawser.Context) error { return nil }

	hist := rt.Channel("hist:{name}")
	hist.OnJoin(anyone)
	hist.History(hawser.HistoryOptions{Size: 1000, Age: time.Minute})
	hist.OnHistory(anyone)
	hist.AllowPublish()
	hawser.HandleCall(hist, "publish", func(c *hawser.Context, in item) (hawser.Position, error) {
		return rt.Publish(c, c.Channel(), "item", in)
	})

	var counters counters
	snap := rt.Channel("snap:{name}")
	snap.OnJoin(anyone)
	snap.History(hawser.HistoryOptions{Size: 1000, Age: time.Minute})
	snap.OnSnapshot(func(c *hawser.Context) (any, error) { return counters.snapshot(c.Channel()), nil })
	hawser.HandleCall(snap, "add", func(c *hawser.Context, in item) (added, error) {
		return counters.add(c.Channel(), in.N, func(a added) (hawser.Position, error) {
			return rt.Publish(c, c.Channel(), "added", a)
		})
	})

	seen := rt.Channel("seen:{name}")
	seen.OnJoin(anyone)
	seen.Presence(hawser.PresenceOptions{Grace: 2 * time.Second, AllowData: true})
	seen.OnPresence(anyone)
	seen.AllowState()

	latest := rt.Channel("latest:{name}")
	latest.OnJoin(anyone)
	latest.AllowPublish()
	latest.Deliver(hawser.LatestBy(func(_ string, data any) string {
		fields, _ := data.(map[string]any)
		if fields["k"] == nil {
			return ""
		}
		return fmt.Sprint(fields["k"])
	}))
}

type (
	item struct {
		N int `json:"n"`
	}
	added struct {
		N     int `json:"n"`
		Total int `json:"total"`
	}
	total struct {
		Total int `json:"total"`
	}
)

// counters are those of the channels snap:{name}, each with the position of the publication that told its value.
type counters struct {
	mu     sync.Mutex
	byName map[string]counter
}

type counter struct {
	total int
	at    hawser.Position
}

// add counts and publishes in one step, so that the position is that of the total.
func (c *counters) add(name string, n int, publish func(added) (hawser.Position, error)) (added, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := added{N: n, Total: c.byName[name].total + n}
	at, err := publish(a)
	if err != nil {
		return added{}, err
	}
	if c.byName == nil {
		c.byName = map[string]counter{}
	}
	c.byName[name] = counter{a.Total, at}
	return a, nil
}

func (c *counters) snapshot(name string) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.byName[name]
	if now.at == (hawser.Position{}) {
		return total{} // all that was ever published comes after it
	}
	return hawser.At(now.at, total{now.total})
}
