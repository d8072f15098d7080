package brokertest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
)

// Leases is the contract of broker.Leases as tests.
func Leases(t *testing.T, s Setup) {
	s.run(t, "Hold", testHold)
	s.run(t, "Expiry", testExpiry)
	s.run(t, "Renewal", testRenewal)
	s.run(t, "Watch", testWatch)
	s.run(t, "Stop", testStop)
	s.run(t, "NoHole", testNoHole)
	s.run(t, "Groups", testGroups)
}

func hold(t *testing.T, b broker.Leases, group, key, value string, ttl time.Duration) {
	t.Helper()
	require.NoError(t, b.Hold(t.Context(), group, broker.Lease{Key: key, Value: []byte(value)}, ttl))
}

func release(t *testing.T, b broker.Leases, group, key string) {
	t.Helper()
	require.NoError(t, b.Release(t.Context(), group, key))
}

// holds checks that a node comes to see the group as it is, "key=value" each.
func holds(t *testing.T, b broker.Leases, group string, want ...string) {
	t.Helper()
	var got []string
	for end := time.Now().Add(long / 2); time.Now().Before(end); time.Sleep(time.Millisecond) {
		leases, err := b.Held(t.Context(), group)
		require.NoError(t, err)
		n, err := b.CountHeld(t.Context(), group)
		require.NoError(t, err)
		if got = sorted(leases); n == len(want) && slices.Equal(got, want) {
			return
		}
	}
	assert.Equal(t, want, got)
}

func sorted(leases []broker.Lease) []string {
	all := []string{}
	for _, l := range leases {
		all = append(all, l.Key+"="+string(l.Value))
	}
	slices.Sort(all)
	return all
}

// watch returns what a watch says: "+key=value", "-key".
func watch(t *testing.T, b broker.Leases, group string) (now []string, changes chan string, stop func()) {
	t.Helper()
	changes = make(chan string, 1024)
	leases, stop, err := b.Watch(t.Context(), group, func(l broker.Lease, held bool) {
		if held {
			changes <- "+" + l.Key + "=" + string(l.Value)
		} else {
			changes <- "-" + l.Key
		}
	})
	require.NoError(t, err)
	return sorted(leases), changes, stop
}

func testHold(t *testing.T, _ Setup, a, b broker.Broker) {
	group := unique(t, "g")
	holds(t, a, group)
	hold(t, a, group, "x", "1", long)
	hold(t, b, group, "y", "\x00\xff", long)
	hold(t, a, group, "x", "2", long)
	hold(t, a, group, "empty", "", long)
	for _, on := range []broker.Broker{a, b} {
		holds(t, on, group, "empty=", "x=2", "y=\x00\xff")
	}
	release(t, b, group, "x") // whoever holds it
	release(t, b, group, "x")
	release(t, b, group, "nobody")
	release(t, b, unique(t, "nothing"), "x")
	holds(t, a, group, "empty=", "y=\x00\xff")
}

func testExpiry(t *testing.T, s Setup, a, b broker.Broker) {
	group := unique(t, "g")
	hold(t, a, group, "stays", "", long)
	_, changes, stop := watch(t, b, group)
	defer stop()
	hold(t, a, group, "goes", "", s.shortest())
	began := time.Now()
	assert.Equal(t, "+goes=", next(t, changes))
	assert.Equal(t, "-goes", next(t, changes))
	assert.GreaterOrEqual(t, time.Since(began), s.shortest()*3/4, "not before its time")
	holds(t, a, group, "stays=")
}

func testRenewal(t *testing.T, s Setup, a, b broker.Broker) {
	group := unique(t, "g")
	_, changes, stop := watch(t, b, group)
	defer stop()
	for range 6 { // for longer than one lasts
		hold(t, a, group, "x", "", s.shortest())
		time.Sleep(s.shortest() / 4)
	}
	hold(t, a, group, "x", "other", long)
	assert.Equal(t, "+x=", next(t, changes))
	assert.Equal(t, "+x=other", next(t, changes), "a mere renewal is not told")
	hold(t, a, group, "x", "other", s.shortest())
	assert.Equal(t, "-x", next(t, changes), "the last time counts, also a shorter one")
}

func testWatch(t *testing.T, _ Setup, a, b broker.Broker) {
	group := unique(t, "g")
	hold(t, a, group, "x", "1", long)
	holds(t, b, group, "x=1")
	now, changes, stop := watch(t, b, group)
	defer stop()
	assert.Equal(t, []string{"x=1"}, now)
	hold(t, a, group, "x", "2", long)
	hold(t, a, group, "y", "1", long)
	release(t, a, group, "x")
	release(t, a, group, "x")
	hold(t, a, group, "x", "2", long)
	for _, want := range []string{"+x=2", "+y=1", "-x", "+x=2"} {
		assert.Equal(t, want, next(t, changes))
	}
}

func testStop(t *testing.T, _ Setup, a, b broker.Broker) {
	group := unique(t, "g")
	_, stopped, stop := watch(t, b, group)
	_, other, stopOther := watch(t, b, group)
	defer stopOther()
	stop()
	stop()
	hold(t, a, group, "x", "", long)
	assert.Equal(t, "+x=", next(t, other))
	assert.Empty(t, stopped)
}

// testNoHole starts watches while leases change: what they begin with and what they are told make what is held in the end.
func testNoHole(t *testing.T, _ Setup, a, b broker.Broker) {
	group := unique(t, "g")
	const n = 200
	done := make(chan error, 1)
	go func() {
		for i := range n {
			l := broker.Lease{Key: strconv.Itoa(i % 7), Value: fmt.Append(nil, i)}
			if err := a.Hold(t.Context(), group, l, long); err != nil {
				done <- err
				return
			}
			if i%3 == 0 {
				if err := a.Release(t.Context(), group, strconv.Itoa(i%5)); err != nil {
					done <- err
					return
				}
			}
		}
		done <- a.Hold(t.Context(), group, broker.Lease{Key: "end"}, long)
	}()
	type watching struct {
		now     []broker.Lease
		changes chan broker.Lease // nil values for those that went
	}
	var all []watching
	for range 8 {
		w := watching{changes: make(chan broker.Lease, 4*n)}
		now, stop, err := b.Watch(t.Context(), group, func(l broker.Lease, held bool) {
			if !held {
				l.Value = nil
			} else if l.Value == nil {
				l.Value = []byte{}
			}
			w.changes <- l
		})
		require.NoError(t, err)
		t.Cleanup(stop)
		w.now = now
		all = append(all, w)
	}
	require.NoError(t, next(t, done))
	want, err := a.Held(t.Context(), group) // by the node that did it all
	require.NoError(t, err)
	for _, w := range all {
		here := map[string]broker.Lease{}
		for _, l := range w.now {
			here[l.Key] = l
		}
		for _, ok := here["end"]; !ok; _, ok = here["end"] {
			if l := next(t, w.changes); l.Value != nil {
				here[l.Key] = l
			} else {
				delete(here, l.Key)
			}
		}
		assert.Equal(t, sorted(want), sorted(slices.Collect(maps.Values(here))))
	}
}

func testGroups(t *testing.T, _ Setup, a, b broker.Broker) {
	_, changes, stop := watch(t, b, unique(t, "g"))
	defer stop()
	hold(t, a, unique(t, "other"), "x", "", long)
	hold(t, a, unique(t, "g"), "x", "mine", long)
	assert.Equal(t, "+x=mine", next(t, changes), "each group for itself")
	release(t, a, unique(t, "other"), "x")
	holds(t, b, unique(t, "g"), "x=mine")
}
