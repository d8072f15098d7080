package presence

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// Options are the times and bounds of a Tracker. Zero values mean the defaults.
type Options struct {
	// Leases is what the nodes share. There is no default.
	Leases broker.Leases
	// Audience is who tells watchers. There is no default.
	Audience Audience
	// Grace is how long a session without a connection still counts as here; after that, it is gone within half as much again. Default 10 s.
	Grace time.Duration
	// MaxData is the most bytes of one session's data, in any codec. Default 4 KiB.
	MaxData int
	// MaxStates is how many keys one session may have in use in a channel. A key is in use for the time that it was set for, also if it was taken back
	// before. Default 16.
	MaxStates int
	// MaxState is the most bytes of one state, in any codec. Default 1 KiB.
	MaxState int
	// Every is the least time between two diffs for one watcher. Default 50 ms.
	Every time.Duration
	// MaxDiff is about how many bytes of sessions, users and data one diff holds; what is more waits for the next one. It holds at least one change.
	// Default 64 KiB.
	MaxDiff int
	// Logger is for leases that cannot be renewed. Default slog.Default().
	Logger *slog.Logger
}

// The bounds of a state that are not options.
const (
	MaxStateTTL = time.Minute
	MaxStateKey = 255 // bytes
)

func (o Options) withDefaults() Options {
	o.Grace = cmp.Or(o.Grace, 10*time.Second)
	o.MaxData = cmp.Or(o.MaxData, 4<<10)
	o.MaxStates = cmp.Or(o.MaxStates, 16)
	o.MaxState = cmp.Or(o.MaxState, 1<<10)
	o.Every = cmp.Or(o.Every, 50*time.Millisecond)
	o.MaxDiff = cmp.Or(o.MaxDiff, 64<<10)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	return o
}

// renewEvery is how often leases are renewed.
func (o Options) renewEvery() time.Duration { return o.Grace / 2 }

// lease is how long one lasts: from the moment that a connection was lost, at least the grace.
func (o Options) lease() time.Duration { return o.Grace + o.renewEvery() }
