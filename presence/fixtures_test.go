package presence_test

import (
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/presence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A session is a member, and a watcher that keeps what it is told.
type session struct {
	id   string
	away atomic.Bool // without a connection
	busy atomic.Bool // takes no states

	mu     sync.Mutex // guards what follows
	here   map[string]string
	diffs  []string
	states []string
	wrong  []string // that it was told what it knew
}

func (s *session) ID() string      { return s.id }
func (s *session) Connected() bool { return !s.away.Load() }

// first takes a snapshot.
func (s *session) first(here []presence.Presence) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here = map[string]string{}
	for _, p := range here {
		s.here[p.Session] = text(p)
	}
	return nil
}

func (s *session) changed(d presence.Diff) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var line []string
	for _, p := range d.In {
		if s.here[p.Session] == text(p) {
			s.wrong = append(s.wrong, "again +"+p.Session)
		}
		s.here[p.Session] = text(p)
		line = append(line, "+"+p.Session+" "+text(p))
	}
	for _, gone := range d.Out {
		if _, known := s.here[gone]; !known {
			s.wrong = append(s.wrong, "again -"+gone)
		}
		delete(s.here, gone)
		line = append(line, "-"+gone)
	}
	slices.Sort(line)
	s.diffs = append(s.diffs, fmt.Sprint(line))
}

// known returns who is here, as it was told.
func (s *session) known() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.here)
}

// told returns the diffs since the last time.
func (s *session) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	diffs := s.diffs
	s.diffs = nil
	return diffs
}

// toldStates does the same for states: "session key value ttl".
func (s *session) toldStates() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	states := s.states
	s.states = nil
	return states
}

func text(p presence.Presence) string {
	s := p.User + ":"
	for _, d := range p.Data {
		s += string(d.Data)
	}
	return s
}

func data(s string) []broker.Payload { return []broker.Payload{{Codec: "json", Data: []byte(s)}} }

// An audience passes on what watchers are told.
type audience struct{ diffs atomic.Int64 }

func (a *audience) Changed(_ string, d presence.Diff, to iter.Seq[presence.Watcher]) {
	for w := range to {
		a.diffs.Add(1)
		w.(*session).changed(d)
	}
}

func (*audience) State(_ string, st presence.State) func(presence.Watcher) bool {
	line := fmt.Sprint(st.Session, " ", st.Key, " ", text(presence.Presence{Data: st.Data})[1:], " ", st.TTL)
	return func(w presence.Watcher) bool {
		s := w.(*session)
		if s.busy.Load() {
			return false
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.states = append(s.states, line)
		return true
	}
}

// A node is a tracker under test.
type node struct {
	*presence.Tracker
	t        *testing.T
	audience *audience
}

// nodes returns n nodes that share a broker. When the test is over, nothing may be left of what it did.
func nodes(t *testing.T, n int, change ...func(*presence.Options)) []*node {
	t.Helper()
	b := memory.New(memory.Options{})
	all := make([]*node, n)
	for i := range all {
		a := &audience{}
		o := presence.Options{Leases: b, Audience: a, Logger: slog.New(slog.DiscardHandler)}
		for _, change := range change {
			change(&o)
		}
		all[i] = &node{presence.New(o), t, a}
		t.Cleanup(all[i].Close)
	}
	return all
}

func (n *node) enter(channel, session, user, value string) *session {
	n.t.Helper()
	s := newSession(session)
	require.NoError(n.t, n.Enter(n.t.Context(), channel, s, user, data(value)))
	return s
}

func (n *node) watch(session string) *session {
	n.t.Helper()
	s := newSession(session)
	require.NoError(n.t, n.Watch(n.t.Context(), "chat", s, s.first))
	return s
}

func (n *node) count(channel string) presence.Count {
	n.t.Helper()
	c, err := n.Count(n.t.Context(), channel)
	require.NoError(n.t, err)
	return c
}

func (n *node) list() map[string]string {
	n.t.Helper()
	all, err := n.List(n.t.Context(), "chat")
	require.NoError(n.t, err)
	here := map[string]string{}
	for _, p := range all {
		here[p.Session] = text(p)
	}
	assert.Len(n.t, here, len(all))
	return here
}

func newSession(id string) *session { return &session{id: id} }

// soon lets what is gathered be told.
func soon() { time.Sleep(time.Second) }
