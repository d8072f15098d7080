package presence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/presence"
)

func (n *node) set(s *session, key, value string, ttl time.Duration) {
	n.t.Helper()
	require.NoError(n.t, n.SetState(n.t.Context(), "chat", s, key, data(value), ttl))
}

func (n *node) states(channel string, of *session) []string {
	n.t.Helper()
	all := []string{}
	require.NoError(n.t, n.States(n.t.Context(), channel, of, func(states []presence.State) error {
		for _, st := range states {
			all = append(all, fmt.Sprint(st.Session, " ", st.Key, " ", string(st.Data[0].Data), " ", st.TTL))
		}
		return nil
	}))
	slices.Sort(all)
	return all
}

func TestStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := nodes(t, 2)
		ann, bob := n[0].enter("chat", "1", "ann", ""), n[1].enter("chat", "2", "bob", "")
		n[0].set(ann, "typing", "true", 4*time.Second)
		for i, s := range []*session{ann, bob} {
			require.NoError(t, n[i].Watch(t.Context(), "chat", s, s.first))
		}
		assert.Equal(t, []string{"1 typing true 4s"}, n[1].states("chat", bob))
		assert.Empty(t, n[0].states("chat", ann), "not one's own")

		time.Sleep(3 * time.Second)
		assert.Equal(t, []string{"1 typing true 1s"}, n[1].states("chat", bob))
		n[0].set(ann, "typing", "true", 4*time.Second)
		time.Sleep(time.Millisecond)
		assert.Equal(t, []string{"1 typing true 4s"}, bob.toldStates(), "set again, it lasts longer")
		time.Sleep(3 * time.Second)
		assert.Len(t, n[1].states("chat", bob), 1)
		time.Sleep(2 * time.Second)
		assert.Empty(t, n[1].states("chat", bob))
		assert.Empty(t, bob.toldStates(), "nobody is told of its end")

		n[1].set(bob, "cursor", "[1,2]", time.Minute)
		soon()
		n[1].set(bob, "typing", "1", time.Minute)
		soon()
		require.NoError(t, n[1].TakeBack(t.Context(), "chat", bob, "typing"))
		require.NoError(t, n[1].TakeBack(t.Context(), "chat", bob, "typing"))
		require.NoError(t, n[1].TakeBack(t.Context(), "chat", bob, "nothing"))
		soon()
		assert.Equal(t, []string{"2 cursor [1,2] 1m0s", "2 typing 1 1m0s", "2 typing  59s"}, ann.toldStates())
		assert.Equal(t, []string{"2 cursor [1,2] 57s"}, n[0].states("chat", ann))
		assert.Empty(t, bob.toldStates(), "not one's own")

		n[1].Leave(t.Context(), "chat", bob)
		assert.Empty(t, n[0].states("chat", ann), "gone with its owner")
		require.ErrorIs(t, n[1].SetState(t.Context(), "chat", bob, "k", data("1"), time.Second), presence.ErrNotHere)
		require.ErrorIs(t, n[1].TakeBack(t.Context(), "chat", bob, "k"), presence.ErrNotHere)
		assert.Empty(t, n[1].states("nothing", bob))
	})
}

func TestSlowWatcherGetsTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1)[0]
		ann := node.enter("chat", "1", "ann", "")
		quick, slow := node.watch("q"), node.watch("s")
		slow.busy.Store(true)
		for i := range 1000 {
			node.set(ann, fmt.Sprint("k", i%3), fmt.Sprint(i), 30*time.Second)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond)
		told := quick.toldStates()
		assert.LessOrEqual(t, len(told), 3*21, "gathered, the latest of each key")
		assert.Equal(t, []string{"1 k0 999", "1 k1 997", "1 k2 998"}, sortedHeads(told[len(told)-3:]))
		assert.Empty(t, slow.toldStates())
		require.NoError(t, node.TakeBack(t.Context(), "chat", ann, "k1"))
		time.Sleep(3 * time.Second)
		slow.busy.Store(false)
		soon()
		told = slow.toldStates()
		assert.Equal(t, []string{"1 k0 999", "1 k1 ", "1 k2 998"}, sortedHeads(told), "once each")
		for _, line := range told {
			left, err := time.ParseDuration(line[strings.LastIndex(line, " ")+1:])
			require.NoError(t, err)
			assert.Less(t, left, 28*time.Second, "the time that is left by now")
		}
		soon()
		assert.Empty(t, slow.toldStates())
		slow.busy.Store(true)
		node.set(ann, "k0", "late", 2*time.Second)
		time.Sleep(3 * time.Second)
		slow.busy.Store(false)
		soon()
		assert.Empty(t, slow.toldStates(), "its time was over")
	})
}

// sortedHeads drops the times.
func sortedHeads(lines []string) []string {
	heads := make([]string, len(lines))
	for i, line := range lines {
		heads[i] = line[:strings.LastIndex(line, " ")]
	}
	slices.Sort(heads)
	return heads
}

func TestStatesThatAreOverLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1)[0]
		ann := node.enter("chat", "1", "ann", "")
		node.set(ann, "typing", "true", 4*time.Second)
		node.set(ann, "cursor", "1", 30*time.Second)
		assert.Equal(t, 2, node.KeysKept("chat", ann))
		time.Sleep(20 * time.Second)
		assert.Equal(t, 1, node.KeysKept("chat", ann))
		time.Sleep(20 * time.Second)
		assert.Zero(t, node.KeysKept("chat", ann), "also of a member who shows nothing more")
		node.set(ann, "typing", "true", 4*time.Second)
		assert.Equal(t, []string{"1 typing true 4s"}, node.states("chat", node.watch("2")))
		node.Leave(t.Context(), "chat", ann)
	})
}

func TestStatesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1)[0]
		ann := node.enter("chat", "1", "ann", "")
		set := func(key string, value string, ttl time.Duration) error {
			return node.SetState(t.Context(), "chat", ann, key, data(value), ttl)
		}
		var large *presence.TooLargeError
		require.ErrorAs(t, set("k", strings.Repeat("x", 1<<10+1), time.Second), &large)
		require.ErrorIs(t, set("", "", time.Second), presence.ErrStateKey)
		require.ErrorIs(t, set(strings.Repeat("k", 256), "", time.Second), presence.ErrStateKey)
		require.ErrorIs(t, set("k", "", 0), presence.ErrStateTTL)
		require.ErrorIs(t, set("k", "", -time.Second), presence.ErrStateTTL)
		require.ErrorIs(t, set("k", "", time.Minute+1), presence.ErrStateTTL)

		for i := range 16 {
			require.NoError(t, set(fmt.Sprint(i), strings.Repeat("x", 1<<10), 10*time.Second))
		}
		require.ErrorIs(t, set("more", "", time.Second), presence.ErrTooManyStates)
		require.NoError(t, set("1", "", time.Second), "those in use may go on")
		require.NoError(t, node.TakeBack(t.Context(), "chat", ann, "2"))
		require.ErrorIs(t, set("more", "", time.Second), presence.ErrTooManyStates, "keys without end, one after another")
		time.Sleep(10 * time.Second)
		for i := range 16 {
			require.NoError(t, set(fmt.Sprint("other", i), "x", time.Second))
		}
		node.Leave(t.Context(), "chat", ann)
		assert.Zero(t, node.Rooms())
	})
}

func TestStatesThatAreOverAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := nodes(t, 1)[0]
		ann := node.enter("chat", "1", "ann", "")
		assert.Equal(t, presence.Count{Users: 1, Sessions: 1}, node.count("chat")) // the channel is followed, and nobody watches
		set := func() {
			for i := range 10 {
				node.set(ann, fmt.Sprint(i), "x", 2*time.Second)
			}
			require.NoError(t, node.TakeBack(t.Context(), "chat", ann, "3"))
		}
		set()
		assert.Equal(t, 9, node.Shown("chat"))
		time.Sleep(3 * time.Second)
		assert.Zero(t, node.Shown("chat"))

		w := node.watch("w")
		slow := node.watch("slow")
		slow.busy.Store(true)
		set()
		time.Sleep(time.Second)
		assert.Equal(t, 10, node.Shown("chat"), "the slow one has to be told what was taken back")
		time.Sleep(2 * time.Second)
		assert.Zero(t, node.Shown("chat"))
		slow.busy.Store(false)
		set()
		soon()
		assert.Equal(t, 9, node.Shown("chat"))
		node.Unwatch("chat", w)
		node.Unwatch("chat", slow)
		node.Leave(t.Context(), "chat", ann)
		assert.Zero(t, node.Rooms())
	})
}
