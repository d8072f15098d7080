package line_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

// quiet is a registry that pings nobody.
func quiet(o *line.Options) { o.Heartbeat = time.Hour }

// aging opens a wire that has to end after so long.
func (h *harness) aging(after time.Duration) *wire {
	return h.open(transport.Opening{Transport: "sse", Ends: time.Now().Add(after)})
}

func TestWireThatMayNotLastAsksTheClientToMoveInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, quiet)
		w := h.aging(20 * time.Second)
		require.NoError(t, w.up(hello(nil)))
		assert.Equal(t, []string{"welcome active recv 0", "start 1"}, w.down())
		w.sink.woken()
		time.Sleep(14 * time.Second)
		assert.Empty(t, w.down())
		time.Sleep(2 * time.Second)
		assert.Equal(t, 1, w.sink.woken())
		frame, err := w.Next(nil)
		require.NoError(t, err)
		var p codec.Packet
		_, err = w.codec.NextPacket(frame, &p)
		require.NoError(t, err)
		assert.Equal(t, codec.KindGoaway, p.Kind)
		assert.LessOrEqual(t, p.Millis, uint64(2500), "so that there is time for the moving")
		assert.GreaterOrEqual(t, p.Millis, uint64(1500))

		s := h.only()
		s.send("a")
		next := h.resume(2, 2, 0)
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1", "a"}, next.down(), "nothing is lost on the way")
		require.NoError(t, next.up(ack(1)))
		time.Sleep(5 * time.Second)
		assert.Equal(t, []string{"close recycle", "over"}, w.down(), "what the client left behind")
		w.Detach(transport.ErrPeerGone)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		assert.Empty(t, next.down(), "the other one may last")
		assert.Empty(t, s.ended)
	})
}

func TestWireThatDoesNotMoveIsRecycled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, quiet)
		w := h.aging(20 * time.Second)
		require.NoError(t, w.up(hello(nil)))
		s := h.only()
		w.down()
		time.Sleep(16 * time.Second)
		assert.Equal(t, []string{"goaway"}, w.down())
		time.Sleep(3500 * time.Millisecond)
		assert.Empty(t, w.down(), "asked once")
		s.send("a")
		time.Sleep(time.Second)
		assert.NotZero(t, w.sink.woken())
		assert.Equal(t, []string{"close recycle", "over"}, w.down())
		w.Detach(transport.ErrPeerGone)
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1", "a"}, h.resume(2, 2, 0).down())
	})
}

func TestStandbyThatMayNotLastIsAskedToMoveOnceItIsInUse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, quiet)
		w, _ := h.connect()
		standby := h.aging(20 * time.Second)
		require.NoError(t, standby.up(h.again(2, 1, 0)))
		assert.Equal(t, []string{"welcome resumed recv 0"}, standby.down())
		time.Sleep(16 * time.Second)
		assert.Empty(t, standby.down(), "there is nothing to move")
		require.NoError(t, w.up(use(2, 2, 0)))
		time.Sleep(time.Second)
		assert.Equal(t, []string{"goaway", "start 1"}, standby.down())
		require.NoError(t, w.up(use(1, 3, 0)))
		time.Sleep(4 * time.Second)
		assert.Equal(t, []string{"close recycle", "over"}, standby.down())
		assert.Equal(t, []string{"start 1"}, w.down())
	})
}

func TestPingsGoOnWhileAWireGrowsOld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.aging(2 * time.Minute)
		require.NoError(t, w.up(hello(nil)))
		w.down()
		pings, goaways := 0, 0
		for range 119 {
			time.Sleep(time.Second)
			for _, said := range w.down() {
				switch said {
				case "ping":
					pings++
					require.NoError(t, w.up(pong()))
				case "goaway":
					goaways++
				}
			}
		}
		assert.GreaterOrEqual(t, pings, 4)
		assert.Equal(t, 1, goaways)
	})
}
