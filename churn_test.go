package hawser_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser"
	brokermemory "github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/transport"
)

// pass lets n sessions begin, each with a key of its own from first on. They join a room and a table that nobody else uses, say something in both and show a
// state. Half of them say that they end, and the others are not heard of any more. Then the time of all that is kept of them passes.
func (d *deck) pass(tb testing.TB, first, n int) {
	tb.Helper()
	wires := make([]*wire, n)
	for i := range wires {
		d.ServeHTTP(nil, browserRequest(first+i))
		wires[i] = d.memory.opened
		room, table := fmt.Sprint("room:", i%8), fmt.Sprint("table:", first+i)
		d.say(tb, wires[i], fmt.Sprintf(`[0,{"v":1,"key":"%022d","wire":1,"claim":1,"recv":0}]`, first+i), `[3,1]`,
			`[37,1,"`+room+`"]`, `[37,2,"`+table+`"]`,
			`[45,3,"`+room+`","said","hello"]`, `[45,4,"`+table+`","said","hello"]`,
			`[10,"`+room+`","hawser:state",{"key":"typing","value":true,"ttl":4000}]`)
	}
	synctest.Wait()
	for i, w := range wires {
		if i%2 == 0 {
			d.say(tb, w, `[44,"closed"]`)
		}
		w.Detach(transport.ErrPeerGone)
	}
	time.Sleep(13 * time.Minute)
	synctest.Wait()
}

// leavings returns how many bytes of the heap stay of a session when its time is over, on average, with the most sessions that there are at once unchanged.
func leavings(t *testing.T, connect hawser.Handler) (each float64) {
	t.Helper()
	const (
		passes   = 20 // of which the first quarter is for warming up
		sessions = 500
	)
	synctest.Test(t, func(t *testing.T) {
		b := brokermemory.New(brokermemory.Options{IdleChannels: 64})
		d := newDeck(t, func(o *hawser.Options) { o.Broker = b })
		d.OnConnect(connect)
		for _, pattern := range []string{"room:{n}", "table:{n}"} {
			ch := d.Channel(pattern)
			ch.OnJoin(allow)
			ch.AllowPublish()
			ch.AllowState()
			ch.History(hawser.HistoryOptions{Size: 100, Age: time.Minute})
			ch.Presence(hawser.PresenceOptions{})
		}
		var live []float64
		for i := range passes {
			d.pass(t, i*sessions, sessions)
			assert.Equal(t, hawser.Stats{Admitted: uint64((i + 1) * sessions)}, d.Stats())
			assert.Equal(t, brokermemory.Stats{Channels: 64}, b.Stats())
			live = append(live, float64(heap()))
		}
		runtime.KeepAlive(d)
		// A map that grows once more, as chance has it, is a step of 90 KB and no leak: fewer than half of these see it.
		const apart = passes / 5
		var more []float64
		for i := passes / 4; i+apart < passes; i++ {
			more = append(more, live[i+apart]-live[i])
		}
		each = slices.Sorted(slices.Values(more))[len(more)/2] / (apart * sessions)
	})
	t.Logf("%.1f bytes a session", each)
	return each
}

func TestNothingStaysOfSessionsThatAreOver(t *testing.T) {
	skipUnderRace(t)
	assert.Less(t, leavings(t, allow), 16.0)
}

// The measure sees a leak of one small object a session.
func TestLeavingsAreSeen(t *testing.T) {
	skipUnderRace(t)
	type leaf struct {
		below *leaf
		bytes [40]byte
	}
	var top *leaf
	assert.Greater(t, leavings(t, func(*hawser.Context) error {
		top = &leaf{top, [40]byte{}}
		return nil
	}), 32.0)
	runtime.KeepAlive(top)
}
