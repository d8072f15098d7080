package main

import (
	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/examples/internal/guest"
)

// newChart makes the server. It knows nothing of cursors: they are states, which it only hands on.
func newChart() *hawser.Server {
	rt := hawser.New(hawser.Options{Authenticate: guest.Authenticate})
	everybody := func(*hawser.Context) error { return nil }

	chart := rt.Channel("chart:{name}")
	chart.OnJoin(everybody)
	chart.Presence(hawser.PresenceOptions{})
	chart.OnPresence(everybody)
	chart.AllowState(onTheChart)
	return rt
}

// onTheChart lets states be what the page makes of them: a point of the chart.
func onTheChart(c *hawser.Context) error {
	var in struct {
		Value *struct {
			X float64 `json:"x"`
			Y float64 `json:"y"`
		} `json:"value"`
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	if p := in.Value; p != nil && (p.X < 0 || p.X > 1 || p.Y < 0 || p.Y > 1) {
		return hawser.Errorf(hawser.CodeBadRequest, "a point of the chart is between 0 and 1")
	}
	return nil
}
