package line_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

func TestHigherClaimTakesTheSessionFromAHalfOpenWire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		old, s := h.connect()
		s.send("a", "b")
		assert.Equal(t, []string{"a", "b"}, old.down())
		old.sink.woken()

		w := h.resume(2, 2, 1)
		s.send("c")
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 2", "b", "c"}, w.down())
		assert.Equal(t, 1, old.sink.woken(), "the one displaced looks, and finds nothing")
		assert.Empty(t, old.down())
		old.Detach(transport.ErrPeerGone)
		s.send("d")
		assert.Equal(t, []string{"d"}, w.down(), "the end of a wire that is not in use changes nothing")
	})
}

func TestDelayedOrReplayedHelloIsAStandby(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, s := h.connect()
		w := h.resume(2, 3, 0)
		s.send("a")
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1", "a"}, w.down())
		for name, claim := range map[string]uint64{"delayed": 2, "replayed, or a probe": 3} {
			late := h.resume(4, claim, 0)
			assert.Equal(t, []string{"welcome resumed recv 0"}, late.down(), name)
			s.send("b")
			assert.Equal(t, []string{"b"}, w.down())
			assert.Empty(t, late.down())
		}
	})
}

func TestEqualClaimTakesASessionWithoutAWire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		w.Detach(transport.ErrPeerGone)
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1"}, h.resume(2, 1, 0).down())
		lower := newHarness(t)
		first, _ := lower.connect()
		first.Detach(transport.ErrPeerGone)
		second := lower.resume(2, 5, 0)
		second.Detach(transport.ErrPeerGone)
		assert.Equal(t, []string{"welcome resumed recv 0"}, lower.resume(3, 4, 0).down(), "a lower one never does")
	})
}

func TestUseMovesToAStandby(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		old, s := h.connect()
		s.send("a", "b")
		old.down()
		w := h.resume(2, 1, 0)
		assert.Equal(t, []string{"welcome resumed recv 0"}, w.down())
		w.sink.woken()
		assert.Equal(t, "websocket", s.Transport())

		require.NoError(t, old.up(use(2, 2, 2)))
		assert.NotZero(t, w.sink.woken())
		assert.Equal(t, []string{"start 3"}, w.down(), "also when nothing waits")
		s.send("c")
		assert.Empty(t, old.down())
		assert.Equal(t, []string{"c"}, w.down())

		require.NoError(t, old.up(use(1, 2, 2), use(1, 1, 2)))
		assert.Empty(t, old.down(), "a stale use is ignored")
		require.NoError(t, w.up(use(2, 3, 2)))
		assert.Equal(t, []string{"start 3", "c"}, w.down(), "a use of the wire in use begins again after what is acknowledged")
		require.NoError(t, w.up(use(99, 4, 2)))
		s.send("d")
		assert.Equal(t, []string{"d"}, w.down(), "a use of a wire that has ended changes nothing")
	})
}

func TestUseComesByPostToo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, s := h.connect()
		stream := h.open(transport.Opening{Transport: "sse", Once: true})
		require.NoError(t, stream.up(h.again(2, 1, 0)))
		stream.down()
		p := h.post()
		require.NoError(t, p.up(h.again(2, 1, 0), use(2, 2, 0)))
		assert.Equal(t, []string{"ack 0"}, p.down())
		s.send("a")
		assert.Equal(t, []string{"start 1", "a"}, stream.down())
		assert.Equal(t, "sse", s.Transport())
	})
}

func TestDisplacedPollIsAnsweredAtOnceAndEmpty(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		first := h.poll()
		wait := func(b *codec.Hello) { b.Wait = 20_000 }
		require.NoError(t, first.up(hello(wait)))
		assert.Equal(t, 20*time.Second, first.Hold())
		assert.Zero(t, first.sink.woken(), "its welcome waits for its answer")

		second := h.poll()
		require.NoError(t, second.up(h.again(1, 2, 0, wait)))
		assert.Equal(t, 1, first.sink.woken())
		h.only().send("a")
		assert.Equal(t, []string{"welcome recv 0"}, first.down())
		assert.Zero(t, second.Hold(), "something waits")
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1", "a"}, second.down())
	})
}

func TestPollIsHeldForMaxHoldAtMost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, wait := range []uint64{25_001, 1 << 44, codec.MaxInt} {
			h := newHarness(t)
			w := h.poll()
			require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Wait = wait })))
			assert.Equal(t, 25*time.Second, w.Hold(), wait)
		}
	})
}

func TestStalePollIsNotHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, _ = h.connect()
		w := h.poll()
		require.NoError(t, w.up(h.again(2, 1, 0, func(b *codec.Hello) { b.Wait = 20_000 })))
		assert.Zero(t, w.Hold())
		assert.Equal(t, []string{"welcome resumed recv 0"}, w.down())
	})
}

func TestPollIsWokenBySomethingToSend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.poll()
		require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Wait = 20_000 })))
		require.NotZero(t, w.Hold())
		h.only().send("a", "b")
		assert.Equal(t, 1, w.sink.woken())
		assert.Equal(t, []string{"welcome active recv 0", "start 1", "a", "b"}, w.down())
		w.Detach(transport.ErrAnswered)

		h.only().send("c")
		next := h.poll()
		require.NoError(t, next.up(h.again(1, 2, 0, func(b *codec.Hello) { b.Wait = 20_000 })))
		assert.Zero(t, next.Hold())
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1", "a", "b", "c"}, next.down(),
			"the answer was lost: the same comes again")
	})
}

func TestAPollThatWaitsForRoomIsWokenBySomethingToSend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, smallInbox)
		w := h.poll()
		over := make(chan error, 1)
		go func() {
			over <- w.upWithin(t.Context(), hello(func(b *codec.Hello) { b.Wait = 20_000 }), start(1), event("1"), event("2"), event("3"))
		}()
		synctest.Wait()
		assert.Zero(t, w.sink.woken())
		h.only().send("a")
		assert.Equal(t, 1, w.sink.woken(), "so that its transport gives up waiting")
		h.only().handleAll()
		require.NoError(t, <-over)
		assert.Zero(t, w.Hold())
	})
}

func TestWakeIsNotLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		for range 3 {
			w.sink.woken()
			s.send("a")
			assert.Equal(t, 1, w.sink.woken())
			s.send("b")
			assert.Zero(t, w.sink.woken(), "one wake is enough until it has looked")
			_, err := w.Next(nil)
			require.NoError(t, err)
			assert.True(t, w.Dry())
			s.send("c")
			assert.Equal(t, 1, w.sink.woken(), "it need not look again by itself")
			w.down()
		}
	})
}

func TestAWireIsDryWhenAFrameHasHeldAllThatWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.MaxFrame = 1000 })
		w, s := h.connect()
		big := strings.Repeat("x", 600)
		s.send(big, big)
		w.sink.woken()
		_, err := w.Next(nil)
		require.NoError(t, err)
		assert.False(t, w.Dry())
		s.send("a")
		assert.Zero(t, w.sink.woken(), "it must look again anyway")
		_, err = w.Next(nil)
		require.NoError(t, err)
		assert.True(t, w.Dry())
		s.send("b")
		assert.Equal(t, 1, w.sink.woken())
		assert.Equal(t, []string{"b"}, w.down())
	})
}

func TestAtMostFourWires(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		inUse, s := h.connect()
		var standbys []*wire
		for i := range uint64(4) {
			standbys = append(standbys, h.resume(2+i, 1, 0))
		}
		assert.Equal(t, []string{"welcome resumed recv 0", "close replaced", "over"}, standbys[0].down(), "the oldest standby")
		for _, w := range standbys[1:] {
			assert.Equal(t, []string{"welcome resumed recv 0"}, w.down())
		}
		s.send("a")
		assert.Equal(t, []string{"a"}, inUse.down(), "never the wire in use")
		assert.Error(t, standbys[0].up(ping()))
	})
}

func TestWiresThatDoNotCloseAreNotKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, s := h.connect()
		for i := range uint64(20) {
			w := h.resume(2+i, 1, 0)
			require.Error(t, w.up(event("without start")), "a broken rule; and the transport does not get to closing it")
		}
		time.Sleep(30 * time.Second) // sweeps find at most four
		s.send("a")
	})
}

func TestStartIsSaidAgainWhenAnotherWireAcknowledgesWhatWasToBeWrittenAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		old, s := h.connect()
		s.send("a", "b", "c")
		assert.Equal(t, []string{"a", "b", "c"}, old.down())
		w := h.resume(2, 2, 0)
		frame, err := w.Next(nil)
		require.NoError(t, err)
		require.NotEmpty(t, frame) // start 1, a, b, c
		require.NoError(t, w.up(use(2, 3, 0)))
		require.NoError(t, old.up(ack(2)))
		s.send("d")
		assert.Equal(t, []string{"start 3", "c", "d"}, w.down())
	})
}
