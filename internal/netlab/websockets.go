package netlab

import (
	"cmp"
	"net/http"
)

// UpgradeRefused answers a WebSocket's upgrade with a status. Default 403.
type UpgradeRefused struct{ Status int }

// Name is "upgrade-refused".
func (UpgradeRefused) Name() string { return "upgrade-refused" }

func (f UpgradeRefused) with(p *parameters) Fault {
	p.integer("status", &f.Status)
	return f
}

func (f UpgradeRefused) answer(_ *Lab, r *http.Request) *http.Response {
	if !isUpgrade(r) {
		return nil
	}
	status := statusOr(f.Status, http.StatusForbidden)
	return page(r, status, "no upgrade here")
}

// UpgradeSwallowed never answers a WebSocket's upgrade.
type UpgradeSwallowed struct{}

// Name is "upgrade-swallowed".
func (UpgradeSwallowed) Name() string { return "upgrade-swallowed" }

func (f UpgradeSwallowed) with(*parameters) Fault { return f }

func (UpgradeSwallowed) swallows(r *http.Request) bool { return isUpgrade(r) }

// FramesDropped lets a WebSocket open, and drops its frames.
type FramesDropped struct{ Direction Direction }

// Name is "frames-dropped".
func (FramesDropped) Name() string { return "frames-dropped" }

func (f FramesDropped) with(p *parameters) Fault {
	p.direction(&f.Direction)
	return f
}

func (f FramesDropped) frame(d Direction, _ int) verdict {
	if f.Direction.covers(d) {
		return drop
	}
	return pass
}

// Stalled lets a WebSocket work for so many frames in each direction, and then holds all that come until it is gone. One that has had as many before stalls
// at its next.
type Stalled struct {
	Direction Direction
	After     int // frames of that direction. Default 1
}

// Name is "stalled".
func (Stalled) Name() string { return "stalled" }

func (f Stalled) with(p *parameters) Fault {
	p.direction(&f.Direction)
	p.integer("after", &f.After)
	return f
}

func (f Stalled) frame(d Direction, n int) verdict {
	if f.Direction.covers(d) && n >= cmp.Or(f.After, 1) {
		return halt
	}
	return pass
}

// statusOr returns a status that an answer can have.
func statusOr(status, otherwise int) int {
	if status < 200 || status > 599 {
		return otherwise
	}
	return status
}
