package presence_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/presence"
)

func TestSnapshotThenDiffsOnAllNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		a, b := n[0], n[1]
		ann := a.enter("chat", "1", "ann", "")
		bob := b.enter("chat", "2", "bob", "busy")
		b.enter("other", "2", "bob", "")
		var watchers []*session
		for i, node := range n {
			w := node.watch(fmt.Sprint("w", i))
			assert.Equal(t, map[string]string{"1": "ann:", "2": "bob:busy"}, w.known())
			assert.Equal(t, presence.Count{Users: 2, Sessions: 2}, node.count("chat"))
			watchers = append(watchers, w)
		}
		a.enter("chat", "3", "cyd", "")
		soon()
		require.NoError(t, b.Update(t.Context(), "chat", bob, data("free")))
		soon()
		assert.True(t, a.Leave(t.Context(), "chat", ann))
		assert.False(t, a.Leave(t.Context(), "chat", ann))
		assert.False(t, b.Leave(t.Context(), "chat", ann), "she was not there")
		soon()
		require.ErrorIs(t, a.Update(t.Context(), "chat", ann, nil), presence.ErrNotHere)
		for i, w := range watchers {
			assert.Equal(t, []string{"[+3 cyd:]", "[+2 bob:free]", "[-1]"}, w.told())
			assert.Equal(t, map[string]string{"2": "bob:free", "3": "cyd:"}, n[i].list())
			assert.True(t, n[i].Unwatch("chat", w))
			assert.False(t, n[i].Unwatch("chat", w))
		}
		b.enter("chat", "4", "dan", "")
		soon()
		for _, w := range watchers {
			assert.Empty(t, w.told(), "it does not watch any more")
			assert.Empty(t, w.wrong)
		}
	})
}

func TestUserWithThreeTabsIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		tabs := []*session{n[0].enter("chat", "1", "ann", ""), n[1].enter("chat", "2", "ann", ""), n[0].enter("chat", "3", "ann", "")}
		n[0].enter("chat", "4", "bob", "")
		guest := n[0].enter("chat", "5", "", "")
		n[1].enter("chat", "6", "", "")
		for _, node := range n {
			assert.Equal(t, presence.Count{Users: 4, Sessions: 6}, node.count("chat"), "who is anonymous is somebody")
		}
		n[0].Leave(t.Context(), "chat", tabs[0])
		n[1].Leave(t.Context(), "chat", tabs[1])
		assert.Equal(t, presence.Count{Users: 4, Sessions: 4}, n[0].count("chat"))
		n[0].Leave(t.Context(), "chat", tabs[2])
		for _, node := range n {
			assert.Equal(t, presence.Count{Users: 3, Sessions: 3}, node.count("chat"))
		}
		n[0].Leave(t.Context(), "chat", guest)
		for _, node := range n {
			assert.Equal(t, presence.Count{Users: 2, Sessions: 2}, node.count("chat"))
		}
		third := nodes(t, 1)[0]
		assert.Zero(t, third.count("chat"), "a broker of its own")
	})
}

func TestCountWhereNobodyIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		n[0].enter("chat", "1", "ann", "x")
		assert.Equal(t, presence.Count{Users: 1, Sessions: 1}, n[1].count("chat"))
		assert.Equal(t, map[string]string{"1": "ann:x"}, n[1].list())
		assert.Zero(t, n[1].count("nothing"))
	})
}

func TestBlipIsNotALeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		ann := n[0].enter("chat", "1", "ann", "x")
		w := n[1].watch("w")
		for range 20 {
			ann.away.Store(true)
			time.Sleep(9 * time.Second)
			ann.away.Store(false)
			n[0].Returned(t.Context(), "chat", ann)
			time.Sleep(6 * time.Second)
		}
		assert.Empty(t, w.told())
		assert.Equal(t, presence.Count{Users: 1, Sessions: 1}, n[1].count("chat"))
	})
}

func TestWhoIsAwayForLongerIsGoneUntilItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		ann := n[0].enter("chat", "1", "ann", "x")
		w := n[1].watch("w")
		time.Sleep(13 * time.Second) // it was renewed 3 s ago
		ann.away.Store(true)
		time.Sleep(10 * time.Second)
		assert.Empty(t, w.told(), "within the grace")
		time.Sleep(5*time.Second + 50*time.Millisecond)
		assert.Equal(t, []string{"[-1]"}, w.told())
		time.Sleep(time.Hour)

		ann.away.Store(false)
		assert.True(t, n[0].Returned(t.Context(), "chat", ann))
		assert.True(t, n[0].Returned(t.Context(), "chat", ann))
		time.Sleep(time.Millisecond)
		assert.Equal(t, []string{"[+1 ann:x]"}, w.told(), "at once, with its data")
		time.Sleep(time.Hour)
		assert.Empty(t, w.told())

		ann.away.Store(true)
		time.Sleep(time.Minute)
		ann.away.Store(false)
		time.Sleep(5 * time.Second)
		soon()
		assert.Equal(t, []string{"[-1]", "[+1 ann:x]"}, w.told(), "the sweep sees it too")
		assert.False(t, n[0].Returned(t.Context(), "chat", newSession("nobody")))
		assert.False(t, n[0].Returned(t.Context(), "nothing", ann))
	})
}

func TestDeadNodeLeavesNoGhosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		ann := n[0].enter("chat", "1", "ann", "")
		n[0].watch("w")
		n[1].enter("chat", "2", "bob", "")
		w := n[1].watch("w")
		n[0].Close()
		require.ErrorIs(t, n[0].Enter(t.Context(), "chat", ann, "ann", nil), presence.ErrClosed)
		require.ErrorIs(t, n[0].Watch(t.Context(), "chat", w, w.first), presence.ErrClosed)
		assert.False(t, n[0].Leave(t.Context(), "chat", ann), "the dead do nothing")
		assert.Equal(t, presence.Count{Users: 2, Sessions: 2}, n[1].count("chat"))
		time.Sleep(15*time.Second + 50*time.Millisecond)
		assert.Equal(t, []string{"[-1]"}, w.told())
		assert.Equal(t, presence.Count{Users: 1, Sessions: 1}, n[1].count("chat"))
	})
}

// TestStorm lets a thousand sessions join within a second, each of which watches: it would be a million packets if each were told of each.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		node := nodes(t, 1)[0]
		began := time.Now()
		var sessions []*session
		for i := range n {
			s := node.enter("chat", fmt.Sprint(i), fmt.Sprint("user", i%100), "")
			require.NoError(t, node.Watch(t.Context(), "chat", s, s.first))
			sessions = append(sessions, s)
			time.Sleep(time.Millisecond)
		}
		took := time.Since(began)
		time.Sleep(50 * time.Millisecond)
		most := int(took/(50*time.Millisecond)) + 1
		assert.LessOrEqual(t, node.audience.diffs.Load(), int64(n*most))
		for _, s := range sessions {
			assert.LessOrEqual(t, len(s.told()), most)
			assert.Len(t, s.known(), n)
			assert.Empty(t, s.wrong)
		}
		assert.Equal(t, presence.Count{Users: 100, Sessions: n}, node.count("chat"))

		for _, s := range sessions {
			node.Unwatch("chat", s)
			node.Leave(t.Context(), "chat", s)
		}
		assert.Zero(t, node.Rooms(), "nothing is left")
		assert.Zero(t, node.count("chat"))
	})
}

func TestDiffsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1, func(o *presence.Options) { o.MaxDiff = 130 })[0]
		w := node.watch("w")
		for i := range 20 {
			node.enter("chat", fmt.Sprint(i), "u", strings.Repeat("x", 40))
		}
		node.enter("chat", "big", "u", strings.Repeat("x", 400))
		soon()
		diffs := w.told()
		assert.GreaterOrEqual(t, len(diffs), 11, "two in each, and the big one alone")
		assert.Len(t, w.known(), 21)
		assert.Empty(t, w.wrong)
	})
}

func TestWhatNobodyWasToldIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1)[0]
		ann := node.enter("chat", "1", "ann", "x")
		w := node.watch("w")
		node.enter("chat", "0", "", "")
		time.Sleep(time.Millisecond)
		assert.Len(t, w.told(), 1, "the first change goes at once")
		node.Leave(t.Context(), "chat", ann)
		require.NoError(t, node.Enter(t.Context(), "chat", ann, "ann", data("x")))
		node.Leave(t.Context(), "chat", node.enter("chat", "2", "bob", ""))
		require.NoError(t, node.Update(t.Context(), "chat", ann, data("y")))
		require.NoError(t, node.Update(t.Context(), "chat", ann, data("x")))
		late := node.watch("late")
		soon()
		assert.Empty(t, w.told(), "she left and came back; he came and left")
		assert.Equal(t, w.known(), late.known())

		require.NoError(t, node.Update(t.Context(), "chat", ann, data("y")))
		time.Sleep(time.Millisecond)
		require.NoError(t, node.Update(t.Context(), "chat", ann, data("z")))
		later := node.watch("later")
		assert.Equal(t, "ann:y", later.known()["1"], "as the others know it")
		soon()
		assert.Equal(t, []string{"[+1 ann:y]", "[+1 ann:z]"}, w.told())
		assert.Equal(t, []string{"[+1 ann:z]"}, later.told())
	})
}

func TestWatchingAgainAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1)[0]
		w := node.watch("w")
		node.enter("chat", "1", "ann", "")
		soon()
		require.NoError(t, w.first(nil))
		require.NoError(t, node.Watch(t.Context(), "chat", w, w.first))
		assert.Equal(t, map[string]string{"1": "ann:"}, w.known())
		w.told()
		node.enter("chat", "2", "bob", "")
		soon()
		assert.Equal(t, []string{"[+2 bob:]"}, w.told(), "once")

		refused := errors.New("no")
		other := newSession("other")
		require.ErrorIs(t, node.Watch(t.Context(), "chat", other, func([]presence.Presence) error { return refused }), refused)
		require.ErrorIs(t, node.Watch(t.Context(), "chat", w, func([]presence.Presence) error { return refused }), refused)
		assert.False(t, node.Unwatch("chat", other))
		assert.True(t, node.Unwatch("chat", w), "it was one before")
		assert.False(t, node.Unwatch("nothing", w))
	})
}

func TestDataIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1)[0]
		s := newSession("1")
		big := data(strings.Repeat("x", 4<<10+1))
		var large *presence.TooLargeError
		require.ErrorAs(t, node.Enter(t.Context(), "chat", s, "ann", big), &large)
		assert.Equal(t, presence.TooLargeError{Size: 4<<10 + 1, Limit: 4 << 10}, *large)
		assert.Zero(t, node.count("chat"))
		require.NoError(t, node.Enter(t.Context(), "chat", s, "ann", data("x")))
		require.ErrorAs(t, node.Update(t.Context(), "chat", s, big), &large)
		assert.Equal(t, map[string]string{"1": "ann:x"}, node.list())
	})
}

// A moody broker fails now and then.
type moody struct {
	broker.Leases
	fails atomic.Bool
}

var errMoody = errors.New("not now")

func (m *moody) Hold(ctx context.Context, group string, l broker.Lease, ttl time.Duration) error {
	if m.fails.Load() {
		return errMoody
	}
	return m.Leases.Hold(ctx, group, l, ttl)
}

func (m *moody) Watch(ctx context.Context, group string, changed func(broker.Lease, bool)) ([]broker.Lease, func(), error) {
	if m.fails.Load() && strings.HasPrefix(group, "state/") {
		return nil, nil, errMoody
	}
	return m.Leases.Watch(ctx, group, changed)
}

func TestBrokerThatFailsIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &moody{Leases: memory.New(memory.Options{})}
		node := nodes(t, 1, func(o *presence.Options) { o.Leases = m })[0]
		m.fails.Store(true)
		ann := node.enter("chat", "1", "ann", "x")
		w := newSession("w")
		require.ErrorIs(t, node.Watch(t.Context(), "chat", w, w.first), errMoody)
		require.ErrorIs(t, node.SetState(t.Context(), "chat", ann, "k", data("1"), time.Second), errMoody)
		m.fails.Store(false)
		require.NoError(t, node.Watch(t.Context(), "chat", w, w.first))
		assert.Empty(t, w.known())
		time.Sleep(6 * time.Second)
		assert.Equal(t, []string{"[+1 ann:x]"}, w.told())
	})
}

// A deaf broker answers nothing: whoever asks waits until it gives up.
type deaf struct {
	broker.Leases
	is atomic.Bool
}

func (d *deaf) Hold(ctx context.Context, group string, l broker.Lease, ttl time.Duration) error {
	if d.is.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return d.Leases.Hold(ctx, group, l, ttl)
}

func TestBrokerThatDoesNotAnswerHoldsUpNeitherRenewalsForLongNorClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deaf{}
		n := nodes(t, 1, func(o *presence.Options) { d.Leases, o.Leases = o.Leases, d })[0]
		for i := range 100 {
			n.enter("chat", fmt.Sprint("s", i), "ann", "")
		}
		d.is.Store(true)
		began := time.Now()
		require.ErrorIs(t, n.SetState(t.Context(), "chat", newSession("s1"), "k", data("1"), time.Minute), context.DeadlineExceeded)
		assert.LessOrEqual(t, time.Since(began), time.Second)
		began = time.Now()
		for i := range 100 {
			require.ErrorIs(t, n.SetState(t.Context(), "chat", newSession(fmt.Sprint("s", i)), "k", data("1"), time.Minute), presence.ErrDeaf)
			require.ErrorIs(t, n.TakeBack(t.Context(), "chat", newSession("s1"), "k"), presence.ErrDeaf)
		}
		assert.Zero(t, time.Since(began), "nobody waits for it each time")
		time.Sleep(10 * time.Second) // renewals are under way
		began = time.Now()
		n.Close()
		assert.Zero(t, time.Since(began))
	})
}

func TestStatesAreShownAgainWhenTheBrokerAnswersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deaf{}
		n := nodes(t, 1, func(o *presence.Options) { d.Leases, o.Leases = o.Leases, d })[0]
		ann := n.enter("chat", "1", "ann", "")
		w := n.watch("w")
		d.is.Store(true)
		require.Error(t, n.SetState(t.Context(), "chat", ann, "k", data("1"), time.Minute))
		d.is.Store(false)
		require.ErrorIs(t, n.SetState(t.Context(), "chat", ann, "k", data("2"), time.Minute), presence.ErrDeaf)
		time.Sleep(5 * time.Second) // a renewal
		require.NoError(t, n.SetState(t.Context(), "chat", ann, "k", data("3"), time.Minute))
		soon()
		assert.Equal(t, []string{"1 k 3 1m0s"}, w.toldStates())
	})
}

// Counting lists nobody, however often: who watches leases is told of each change.
func TestCountAsksTheBrokerOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counting{}
		n := nodes(t, 1, func(o *presence.Options) { c.Leases, o.Leases = o.Leases, c })[0]
		for i := range 100 {
			n.enter("chat", fmt.Sprint("s", i), fmt.Sprint("user", i%10), "")
			assert.Equal(t, presence.Count{Users: min(i+1, 10), Sessions: i + 1}, n.count("chat"))
		}
		assert.EqualValues(t, 1, c.presence.Load())
	})
}

// A counting broker counts how often somebody wants to see the leases of presence.
type counting struct {
	broker.Leases
	presence atomic.Int64
}

func (c *counting) Held(ctx context.Context, group string) ([]broker.Lease, error) {
	c.see(group)
	return c.Leases.Held(ctx, group)
}

func (c *counting) Watch(ctx context.Context, group string, changed func(broker.Lease, bool)) ([]broker.Lease, func(), error) {
	c.see(group)
	return c.Leases.Watch(ctx, group, changed)
}

func (c *counting) see(group string) {
	if strings.HasPrefix(group, "presence/") {
		c.presence.Add(1)
	}
}

func TestLeaseThatNobodyUnderstandsIsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		node := nodes(t, 1, func(o *presence.Options) { o.Leases = b })[0]
		w := node.watch("w")
		for _, group := range []string{"presence/chat", "state/chat"} {
			require.NoError(t, b.Hold(t.Context(), group, broker.Lease{Key: "1", Value: []byte("{")}, time.Minute))
		}
		soon()
		assert.Empty(t, w.told())
		assert.Empty(t, w.toldStates())
		assert.Zero(t, node.count("chat"))
	})
}

// TestEverybodyKnowsTheSameInTheEnd does anything at random, on two nodes, at the same time.
func TestEverybodyKnowsTheSameInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		var watching sync.Map
		var all sync.WaitGroup
		for g := range 8 {
			all.Go(func() {
				node, r := n[g%2], rand.New(rand.NewPCG(1, uint64(g)))
				s := newSession(fmt.Sprint(g))
				for range 400 {
					switch r.IntN(8) {
					case 0, 1:
						_ = node.Enter(t.Context(), "chat", s, fmt.Sprint(r.IntN(3)), data(fmt.Sprint(r.IntN(2))))
					case 2:
						node.Leave(t.Context(), "chat", s)
					case 3:
						_ = node.Update(t.Context(), "chat", s, data(fmt.Sprint(r.IntN(2))))
					case 4:
						node.Unwatch("chat", s)
						watching.Delete(s)
					case 5:
						if _, already := watching.Load(s); !already {
							assert.NoError(t, node.Watch(t.Context(), "chat", s, s.first))
							watching.Store(s, true)
						}
					case 6:
						_ = node.SetState(t.Context(), "chat", s, "k", data("v"), 10*time.Second)
					case 7:
						time.Sleep(time.Duration(r.IntN(40)) * time.Millisecond)
					}
				}
			})
		}
		all.Wait()
		soon()
		want := n[0].list()
		assert.Equal(t, want, n[1].list())
		users := map[string]bool{}
		for _, p := range want {
			users[p[:1]] = true
		}
		assert.Equal(t, presence.Count{Users: len(users), Sessions: len(want)}, n[1].count("chat"))
		for s := range watching.Range {
			s := s.(*session)
			assert.Equal(t, want, s.known())
			assert.Empty(t, s.wrong)
		}
		for session := range want {
			assert.True(t, n[0].Leave(t.Context(), "chat", newSession(session)) || n[1].Leave(t.Context(), "chat", newSession(session)))
		}
		for s := range watching.Range {
			_ = n[0].Unwatch("chat", s.(*session)) || n[1].Unwatch("chat", s.(*session))
		}
		assert.Zero(t, n[0].Rooms()+n[1].Rooms())
	})
}
