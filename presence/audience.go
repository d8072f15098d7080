package presence

import (
	"iter"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// A Presence is one session that is here.
type Presence struct {
	Session string
	User    string           // "": anonymous; each such session counts as a user of its own
	Data    []broker.Payload // once for each codec; none if there is no data
}

// A Diff is what has changed since the last one.
type Diff struct {
	In  []Presence // who came, or has other data
	Out []string   // whose session went
}

// A State is what a session shows for a moment. The latest of a session and key counts.
type State struct {
	Session, Key string
	Data         []broker.Payload // once for each codec; none: it was taken back
	TTL          time.Duration    // how long it lasts from now on
}

// A Watcher is told of a channel's presence. It is compared with ==, so it should be a pointer.
type Watcher interface {
	// ID returns the id of its session, which is not told of its own states.
	ID() string
}

// An Audience tells watchers. Its methods are called by one goroutine at a time for a channel, in the order of what happened. They must neither block nor
// call the Tracker.
type Audience interface {
	// Changed tells watchers what changed.
	Changed(channel string, d Diff, to iter.Seq[Watcher])
	// State returns what tells a watcher of a state. It reports whether the watcher took it; if not, it is asked again later, unless there is something
	// newer of that key by then.
	State(channel string, s State) (tell func(to Watcher) bool)
}
