package line_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

func TestEndIsLastAndReachesAClientThatComesBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		s.send("a")
		w.Detach(transport.ErrPeerGone)
		s.send("b")
		require.True(t, s.End(&line.End{Code: "kicked", Message: strings.Repeat("long ", 1<<20), Retry: time.Second}))
		assert.False(t, s.End(&line.End{Code: "again"}), "it ends once")
		require.ErrorIs(t, s.Send(h.encoded(event("late"))), session.ErrEnded)
		assert.False(t, s.SendVolatile(h.encoded(volatile("late"))))

		time.Sleep(time.Minute)
		w = h.resume(2, 2, 0)
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1", "a", "b", "end kicked"}, w.down())
		require.NoError(t, w.up(start(1), event("dropped")), "the client could not know yet")
		assert.Empty(t, s.accepted())

		require.NoError(t, w.up(ack(3)))
		assert.Equal(t, []string{"close closed", "over"}, w.down())
		synctest.Wait()
		assert.Zero(t, h.registry.Len(), "nothing keeps it any more")
		assert.Empty(t, s.ended, "who ended it knows")
		assert.Error(t, h.poll().up(h.again(3, 3, 3)))
	})
}

// A time may be as long as a time.Duration goes: then nothing is over before its time, which does not come.
func TestTimesThatStandForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) {
			o.ResumeFor, o.Heartbeat, o.DedupeWindow, o.MaxDedupe = math.MaxInt64, math.MaxInt64, math.MaxInt64, 10
		})
		w, s := h.connect()
		w.Detach(transport.ErrPeerGone)
		time.Sleep(5 * time.Hour)
		assert.Empty(t, s.ended)
		w = h.resume(2, 2, 0)
		time.Sleep(5 * time.Hour)
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1"}, w.down())
		_ = w.up(start(1), &codec.Packet{Kind: codec.KindEnd, Code: "bye"})
		<-s.ended
		time.Sleep(5 * time.Hour)
		assert.Equal(t, 1, h.registry.Remembered())
		again := h.socket()
		require.NoError(t, again.up(hello(nil)))
		assert.Equal(t, []string{"gone"}, again.down(), "its key is not forgotten")
	})
}

func TestEndByTheClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		standby := h.resume(2, 1, 0)
		standby.down()
		err := w.up(start(1), event("a"), &codec.Packet{Kind: codec.KindEnd, Code: "bye", Message: "m"}, event("after"))
		assert.Equal(t, "closed", code(t, err))
		assert.Equal(t, line.End{Code: "bye", Message: "m", ByPeer: true}, *<-s.ended)
		assert.Equal(t, []string{"a"}, s.accepted())
		assert.Equal(t, []string{"ack 2", "close closed", "over"}, w.down(), "the end is acknowledged")
		assert.Equal(t, []string{"ack 2", "close closed", "over"}, standby.down())
		require.ErrorIs(t, s.Send(h.encoded(event("late"))), session.ErrEnded, "not kept in silence")
	})
	bubble(t, func(t *testing.T) { // by POST
		h := newHarness(t)
		w, s := h.connect()
		p := h.post()
		require.NoError(t, p.up(h.again(1, 1, 0), start(1), &codec.Packet{Kind: codec.KindEnd, Code: "bye"}))
		assert.Equal(t, []string{"ack 1"}, p.down())
		assert.True(t, (<-s.ended).ByPeer)
		assert.Equal(t, []string{"ack 1", "close closed", "over"}, w.down(), "also on the wire: the answer may be lost")
	})
}

func TestKeyOfAnEndedSessionIsGoneUntilItIsForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		_ = w.up(start(1), &codec.Packet{Kind: codec.KindEnd, Code: "bye"})
		w.Detach(transport.ErrPeerGone)
		synctest.Wait()
		replayed := h.socket()
		require.NoError(t, replayed.up(hello(nil), start(1), event("a")))
		assert.Equal(t, []string{"gone"}, replayed.down(), "a replayed hello does not make it anew")
		replayed.Detach(transport.ErrPeerGone)

		time.Sleep(2*time.Minute + time.Second)
		assert.Equal(t, 1, h.creates)
		require.NoError(t, h.socket().up(hello(nil)))
		assert.Equal(t, 2, h.creates, "after the window, the key may be used again, as far as we can know")
	})
}

func TestHelloWithoutSidDoesNotOpenWhatHasEnded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, s := h.connect()
		s.End(&line.End{Code: "closed"})
		w := h.socket()
		require.NoError(t, w.up(hello(nil)))
		assert.Equal(t, []string{"gone"}, w.down())
	})
}

func TestExpiry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		s.send("sent")
		w.down()
		time.Sleep(time.Second)
		w.Detach(transport.ErrPeerGone)
		s.send("unsent")
		time.Sleep(2*time.Minute - time.Second)
		synctest.Wait()
		assert.Empty(t, s.ended)
		time.Sleep(2 * time.Second)
		assert.Equal(t, "expired", (<-s.ended).Code)
		packets, sent := s.Unacknowledged()
		assert.Len(t, packets, 2)
		assert.Equal(t, 1, sent)
		require.ErrorIs(t, s.Send(h.encoded(event("late"))), session.ErrEnded, "it would reach nobody, and nobody would be told")
		late := h.socket()
		require.NoError(t, late.up(h.again(2, 2, 0)))
		assert.Equal(t, []string{"gone"}, late.down())
	})
}

func TestEndThatNobodyFetchesIsForgottenWithTheWindow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		s.End(&line.End{Code: "closed"})
		w.Detach(transport.ErrPeerGone)
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		assert.Zero(t, h.registry.Len())
		assert.Empty(t, s.ended)
	})
}

func TestPageThatLeavesEndsItsSessionInFiveSeconds(t *testing.T) {
	leaving := &codec.Packet{Kind: codec.KindClose, Code: "leaving", Message: strings.Repeat("x", 1<<16)}
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		assert.Equal(t, "leaving", code(t, w.up(leaving)))
		frame, last := w.Next(nil)
		require.Error(t, last)
		assert.Equal(t, `[8,"leaving"]`, string(frame), "nothing of it is told back at length")
		time.Sleep(4 * time.Second)
		synctest.Wait()
		assert.Empty(t, s.ended)
		time.Sleep(2 * time.Second)
		assert.Equal(t, "expired", (<-s.ended).Code)
	})
	bubble(t, func(t *testing.T) { // by POST, beside a stream whose end nobody noticed
		h := newHarness(t)
		_, s := h.connect()
		require.Error(t, h.post().up(h.again(1, 1, 0), leaving))
		time.Sleep(6 * time.Second)
		assert.Equal(t, "expired", (<-s.ended).Code)
	})
	bubble(t, func(t *testing.T) { // unless a hello comes
		h := newHarness(t)
		w, s := h.connect()
		require.Error(t, w.up(leaving))
		time.Sleep(4 * time.Second)
		back := h.resume(2, 2, 0)
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1"}, back.down())
		back.Detach(transport.ErrPeerGone)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Empty(t, s.ended, "then the whole window counts again")
	})
}

func TestWireThatTheClientCloses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		assert.Equal(t, "replaced", code(t, w.up(&codec.Packet{Kind: codec.KindClose, Code: "replaced"})))
		w.Detach(transport.ErrPeerGone)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Empty(t, s.ended, "the session goes on")
		s.send("a")
	})
}

func TestEndThatIsNeverAcknowledgedIsForgottenWithTheWindowThoughTheClientIsThere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		s.End(&line.End{Code: "closed"})
		assert.Equal(t, []string{"end closed"}, w.down())
		for range 119 {
			time.Sleep(time.Second)
			require.NoError(t, w.up(pong()))
		}
		synctest.Wait()
		assert.Equal(t, 1, h.registry.Len())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Zero(t, h.registry.Len())
		down := w.down()
		assert.Equal(t, []string{"close closed", "over"}, down[len(down)-2:])
		time.Sleep(11 * time.Second)
		assert.True(t, w.sink.isClosed(), "a connection that cannot be told is ended")
	})
}

func TestHeartbeat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		standby := h.resume(2, 1, 0)
		standby.down()
		for range 5 {
			time.Sleep(26 * time.Second)
			assert.Equal(t, []string{"ping"}, w.down())
			assert.Equal(t, []string{"ping"}, standby.down(), "each wire that it knows")
			require.NoError(t, w.up(pong()))
			require.NoError(t, standby.up(pong()))
		}
		time.Sleep(26 * time.Second)
		require.NoError(t, w.up(pong()))
		time.Sleep(10 * time.Second)
		assert.True(t, standby.sink.isClosed(), "no answer for 10 s")
		assert.False(t, w.sink.isClosed())
		time.Sleep(26 * time.Second)
		assert.True(t, w.sink.isClosed())
		time.Sleep(2*time.Minute + time.Second)
		assert.Equal(t, "expired", (<-s.ended).Code)
	})
}

func TestAnythingIsASignOfLife(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		for range 20 {
			time.Sleep(10 * time.Second)
			require.NoError(t, w.up(ack(0)))
		}
		assert.Empty(t, w.down(), "and needs no ping")
	})
}

func TestPongByPostSpeaksForAStream(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		for range 5 {
			time.Sleep(26 * time.Second)
			assert.Equal(t, []string{"ping"}, w.down())
			require.NoError(t, h.post().up(h.again(1, 1, 0), pong()))
		}
		time.Sleep(26 * time.Second)
		require.NoError(t, h.post().up(h.again(9, 1, 0), pong()), "but only for the one that it names")
		time.Sleep(11 * time.Second)
		assert.True(t, w.sink.isClosed())
	})
}

func TestPingComesEarlyWhenNothingIsAcknowledged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		time.Sleep(3 * time.Second)
		s.send("a")
		assert.Equal(t, []string{"a"}, w.down())
		time.Sleep(1900 * time.Millisecond)
		assert.Empty(t, w.down())
		time.Sleep(1100 * time.Millisecond)
		assert.Equal(t, []string{"ping"}, w.down())
		require.NoError(t, w.up(pong()))
		time.Sleep(900 * time.Millisecond)
		assert.Empty(t, w.down(), "not at every look")
		require.NoError(t, w.up(ack(1)))
		time.Sleep(10 * time.Second)
		assert.Empty(t, w.down())
	})
}

func TestResumedWireIsNotPingedForWhatItCouldNotAcknowledge(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		s.send("a")
		w.down()
		w.Detach(transport.ErrPeerGone)
		time.Sleep(time.Minute)
		w = h.resume(2, 2, 0)
		w.down()
		time.Sleep(time.Second)
		assert.Empty(t, w.down())
	})
}

func TestClosedWireThatTheTransportCannotCloseIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		require.Error(t, w.up(event("without start")))
		time.Sleep(11 * time.Second)
		assert.True(t, w.sink.isClosed())
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 1"}, h.resume(2, 1, 0).down(), "it is not in use any more")
	})
}

func TestPollIsNotPinged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.Heartbeat = time.Second })
		w := h.poll()
		require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Wait = 20_000 })))
		require.NotZero(t, w.Hold())
		w.sink.woken()
		time.Sleep(20 * time.Second)
		assert.Zero(t, w.sink.woken())
		assert.False(t, w.sink.isClosed())
	})
}

func TestOverflowEndsTheSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.Outgoing = session.SharedLimits(session.Limits{UnsentPackets: 2}) })
		w, s := h.connect()
		s.send("a", "b")
		require.ErrorIs(t, s.Send(h.encoded(event("c"))), session.ErrOverflow)
		require.ErrorIs(t, s.Send(h.encoded(event("d"))), session.ErrEnded)
		assert.Equal(t, "overflow", (<-s.ended).Code)
		assert.Equal(t, []string{"a", "b", "end overflow"}, w.down(), "what was sent before still arrives")
		synctest.Wait()
		assert.Empty(t, s.ended, "told once")
	})
}

func TestForgetEndsTheWires(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		h.registry.Refuse(0)
		h.registry.Forget()
		assert.Equal(t, []string{"close going_away", "over"}, w.down())
		assert.Zero(t, h.registry.Len())
	})
}

// Wires whose last write hangs: their transport is not done with them, and their line does not know them any more.
func TestForgetCutsOffWiresThatNoLineHas(t *testing.T) {
	for name, lose := range map[string]func(h *harness, w *wire, s *appSession) (hanging *wire){
		"one too many": func(h *harness, _ *wire, _ *appSession) *wire {
			first := h.resume(2, 1, 0)
			for i := range uint64(3) {
				h.resume(3+i, 1, 0)
			}
			return first
		},
		"its page has left": func(h *harness, w *wire, _ *appSession) *wire {
			require.Error(h.t, h.post().up(h.again(1, 1, 0), &codec.Packet{Kind: codec.KindClose, Code: "leaving"}))
			return w
		},
		"its line is gone": func(h *harness, w *wire, s *appSession) *wire {
			require.True(h.t, s.End(&line.End{Code: line.CodeClosed}))
			require.Equal(h.t, []string{"end closed"}, w.down())
			require.NoError(h.t, w.up(ack(1)))
			synctest.Wait()
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t)
				w, s := h.connect()
				hanging, ended := lose(h, w, s), h.other()
				assert.False(t, hanging.sink.isClosed())
				h.registry.Refuse(0)
				h.registry.Close()
				ended.Detach(transport.ErrPeerGone)
				h.registry.Forget()
				assert.True(t, hanging.sink.isClosed())
				assert.False(t, ended.sink.isClosed(), "whoever has ended is left alone")
			})
		})
	}
}

func TestGoaway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		w.sink.woken()
		s.Goaway(time.Second)
		assert.Equal(t, 1, w.sink.woken())
		assert.Equal(t, []string{"goaway"}, w.down())
	})
}
