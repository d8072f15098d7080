package line_test

import (
	"context"
	"fmt"
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

func smallInbox(o *line.Options) {
	o.Inbox = session.SharedInboxLimits(session.InboxLimits{Packets: 2})
}

func TestAckGoesAloneWithinASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		w.sink.woken()
		require.NoError(t, w.up(start(1), event("a"), event("b")))
		assert.Empty(t, w.down(), "not yet")
		time.Sleep(time.Second)
		assert.NotZero(t, w.sink.woken())
		assert.Equal(t, []string{"ack 2"}, w.down())
		time.Sleep(5 * time.Second)
		assert.Empty(t, w.down(), "once")
	})
}

func TestAckRidesAlong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		require.NoError(t, w.up(start(1), event("a")))
		s.send("x")
		assert.Equal(t, []string{"ack 1", "x"}, w.down())
		require.NoError(t, w.up(event("b"), ping()))
		assert.Equal(t, []string{"pong", "ack 2"}, w.down())
	})
}

func TestManyPacketsAreAcknowledgedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		w.sink.woken()
		packets := []*codec.Packet{start(1)}
		for range 256 {
			packets = append(packets, event("e"))
		}
		require.NoError(t, w.up(packets...))
		assert.NotZero(t, w.sink.woken())
		assert.Equal(t, []string{"ack 256"}, w.down())
		assert.Len(t, s.accepted(), 256)
	})
}

func TestPostIsAlwaysAnsweredByAck(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, s := h.connect()
		send := func(packets ...*codec.Packet) *wire {
			w := h.post()
			require.NoError(t, w.up(append([]*codec.Packet{h.again(1, 1, 0)}, packets...)...))
			return w
		}
		assert.Equal(t, []string{"ack 0"}, send().down())
		assert.Equal(t, []string{"ack 2"}, send(start(1), event("a"), event("b")).down())
		assert.Equal(t, []string{"ack 3"}, send(start(1), event("a"), event("b"), event("c")).down(), "the answer was lost, and it comes again")
		assert.Equal(t, []string{"pong", "ack 3"}, send(ping()).down())
		assert.Equal(t, []string{"a", "b", "c"}, s.accepted(), "each once")
	})
}

func TestStaleAcksAreNoErrorAndOnesAboveWhatWasSentAre(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		s.send("a", "b")
		w.down()
		require.NoError(t, w.up(ack(2), ack(1), ack(0)))
		assert.Equal(t, "protocol", code(t, w.up(ack(3))))
		assert.Equal(t, []string{"close protocol", "over"}, w.down())

		stale := h.resume(2, 2, 1)
		assert.Equal(t, []string{"welcome resumed active recv 0", "start 3"}, stale.down(), "a recv below what is acknowledged")
		assert.Equal(t, "protocol", code(t, h.socket().up(h.again(3, 3, 3))))
		assert.Equal(t, "protocol", code(t, stale.up(use(2, 4, 3))))
	})
}

func TestNumbers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		assert.Equal(t, "protocol", code(t, w.up(event("before start"))))

		w = h.resume(2, 2, 0)
		require.NoError(t, w.up(start(1), event("a"), event("b")))
		require.NoError(t, w.up(start(1), event("a"), event("b"), event("c"), start(3), event("c"), event("d")))
		assert.Equal(t, []string{"a", "b", "c", "d"}, s.accepted(), "numbers that go back are duplicates")

		assert.Equal(t, "leap", code(t, w.up(start(6), event("f"))))
		assert.Equal(t, []string{"welcome resumed recv 4", "close leap", "over"}, w.down())

		w = h.resume(3, 3, 0)
		require.NoError(t, w.up(start(5), event("e")))
		assert.Equal(t, "leap", code(t, w.up(start(7))), "after a packet was accepted, it is a first leap again")
		w = h.resume(4, 4, 0)
		assert.Equal(t, "leap", code(t, w.up(start(0))), "no packet has the number 0")
		assert.Equal(t, line.End{Code: "protocol", Message: "session: packets were skipped again: to 0, after 5"}, *<-s.ended)
		assert.Equal(t, []string{"welcome resumed recv 5", "close leap", "over"}, w.down())
		assert.Equal(t, []string{"welcome resumed active recv 5", "start 1", "end protocol"}, h.resume(5, 5, 0).down())
	})
}

func TestKindsThatDoNotGoUp(t *testing.T) {
	for _, p := range []*codec.Packet{
		{Kind: codec.KindWelcome, Data: codec.Payload{Raw: []byte("{}")}},
		{Kind: codec.KindGone},
		{Kind: codec.KindGoaway},
		{Kind: codec.KindMessage, Channel: "c", Offset: 1, Event: "e"},
		{Kind: codec.KindReset, Channel: "c", Epoch: "e"},
		{Kind: codec.KindLeft, Channel: "c"},
	} {
		t.Run(p.Kind.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t)
				w, s := h.connect()
				assert.Equal(t, "protocol", code(t, w.up(start(1), p)))
				s.send("the session goes on")
				assert.Empty(t, s.accepted())
			})
		})
	}
}

func TestFullInboxWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, smallInbox)
		w, s := h.connect()
		received := make(chan error, 1)
		go func() { received <- w.up(start(1), event("a"), event("b"), event("c"), event("d")) }()
		synctest.Wait()
		assert.Equal(t, []string{"a", "b"}, s.accepted())
		assert.NotPanics(t, func() { s.send("x") })
		assert.Equal(t, []string{"ack 2", "x"}, w.down(), "writing does not wait for reading")
		s.handle(1)
		synctest.Wait()
		assert.Equal(t, []string{"c"}, s.accepted())
		s.handle(2)
		require.NoError(t, <-received)
		assert.Equal(t, []string{"d"}, s.accepted())
	})
}

func TestFullInboxAnswersBusyByWhatItAccepted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, smallInbox)
		_, s := h.connect()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := h.post()
		err := w.upWithin(ctx, h.again(1, 1, 0), start(1), event("a"), event("b"), event("c"))
		var busy *transport.CloseError
		require.ErrorAs(t, err, &busy)
		assert.Equal(t, "busy", busy.Code)
		assert.NotZero(t, busy.Retry)
		assert.Equal(t, []string{"ack 2", "close busy", "over"}, w.down())
		assert.Equal(t, []string{"a", "b"}, s.accepted())
	})
}

func TestWhatTakesEffectAtOncePassesAFullInbox(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, smallInbox)
		w, s := h.connect()
		require.NoError(t, w.up(start(1), event("a"), event("b"),
			&codec.Packet{Kind: codec.KindReply, ID: 1}, &codec.Packet{Kind: codec.KindError, ID: 2, Code: "x"}, &codec.Packet{Kind: codec.KindCancel, ID: 3}))
		assert.Equal(t, []string{"a", "b", "reply 1", "error 2 x", "cancel 3"}, s.accepted())
	})
}

func TestTheEndFreesWhoWaitsForRoom(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, smallInbox)
		w, s := h.connect()
		received := make(chan error, 1)
		go func() { received <- w.up(start(1), event("a"), event("b"), event("c")) }()
		synctest.Wait()
		s.End(&line.End{Code: "closed"})
		require.NoError(t, <-received)
		assert.Equal(t, []string{"a", "b"}, s.accepted())
	})
}

func TestVolatileEventsHaveASmallRoomOfTheirOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, smallInbox)
		w, s := h.connect()
		for range 1000 {
			require.NoError(t, w.up(volatile("v")))
		}
		assert.Len(t, s.accepted(), 128, "the others are dropped")
		require.NoError(t, w.up(start(1), event("a"), event("b")), "they take no room from what is numbered")
		assert.Equal(t, []string{"a", "b"}, s.accepted())
		s.handleAll()
		require.NoError(t, w.up(volatile("v")))
		assert.Equal(t, []string{"~v"}, s.accepted())
	})
}

func TestVolatileEventsDownAreDroppedWhereTheReaderDoesNotKeepUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		p := h.encoded(volatile("v"))
		w.sink.woken()
		require.True(t, s.SendVolatile(p))
		assert.Equal(t, 1, w.sink.woken())
		assert.Equal(t, []string{"~v"}, w.down())

		s.send("a")
		assert.False(t, s.SendVolatile(p), "something else waits")
		assert.Equal(t, []string{"a"}, w.down())

		sent := 0
		for s.SendVolatile(p) {
			sent++
			require.Less(t, sent, 10_000)
		}
		assert.Len(t, w.down(), sent)
		big := volatile("big")
		big.Data = codec.Payload{Raw: []byte(`"` + strings.Repeat("x", 100<<10) + `"`)}
		assert.True(t, s.SendVolatile(h.encoded(big)), "where nothing waits, any goes")
		assert.Equal(t, []string{"~big"}, w.down())

		w.Detach(transport.ErrPeerGone)
		assert.False(t, s.SendVolatile(p), "nobody is there")

		poll := h.poll()
		require.NoError(t, poll.up(h.again(2, 2, 1, func(b *codec.Hello) { b.Wait = 20_000 })))
		require.NotZero(t, poll.Hold())
		require.True(t, s.SendVolatile(p))
		_, err := poll.Next(nil)
		require.NoError(t, err)
		assert.False(t, s.SendVolatile(p), "it has taken its batch")
	})
}

func TestPeerThatPingsAndDoesNotReadIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, _ := h.connect()
		for range 100_000 {
			require.NoError(t, w.up(ping()))
		}
		frame, err := w.Next(nil)
		require.NoError(t, err)
		assert.Less(t, len(frame), 17<<10)
	})
}

// What is volatile waits in a room of its own: neither it nor the answers to pings leave the other none.
func TestVolatileEventsTakeNoRoomFromPongs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		v := h.encoded(volatile("v"))
		fill := func() (sent int) {
			for s.SendVolatile(v) {
				sent++
			}
			return sent
		}
		big := volatile("big")
		big.Data = codec.Payload{Raw: []byte(`"` + strings.Repeat("x", 100<<10) + `"`)}
		require.True(t, s.SendVolatile(h.encoded(big)))
		assert.Zero(t, fill())
		require.NoError(t, w.up(ping()))
		assert.Equal(t, []string{"~big", "pong"}, w.down())

		for range 100_000 {
			require.NoError(t, w.up(ping()))
		}
		assert.Positive(t, fill())
		frame, err := w.Next(nil)
		require.NoError(t, err)
		assert.Less(t, len(frame), 33<<10)
	})
}

func TestSentPartThatWasFullGoesOnWhenAcknowledged(t *testing.T) {
	for name, acknowledge := range map[string]func(h *harness, w *wire) error{
		"by ack":   func(_ *harness, w *wire) error { return w.up(ack(2)) },
		"by use":   func(_ *harness, w *wire) error { return w.up(use(7, 1, 2)) },
		"by post":  func(h *harness, _ *wire) error { return h.post().up(h.again(1, 1, 2)) },
		"by probe": func(h *harness, _ *wire) error { return h.socket().up(h.again(2, 1, 2)) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t, func(o *line.Options) { o.Outgoing = session.SharedLimits(session.Limits{SentPackets: 2}) })
				w, s := h.connect()
				s.send("a", "b", "c", "d")
				assert.Equal(t, []string{"a", "b"}, w.down())
				w.sink.woken()
				require.NoError(t, acknowledge(h, w))
				assert.NotZero(t, w.sink.woken())
				assert.Equal(t, []string{"c", "d"}, w.down())
			})
		})
	}
}

func TestFramesAreSplitAtTheLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.MaxFrame = 1000 })
		w, s := h.connect()
		var names []string
		for i := range 10 {
			names = append(names, fmt.Sprint(i, strings.Repeat("x", 200)))
		}
		s.send(names...)
		var sizes []int
		var got []string
		for {
			frame, err := w.Next(nil)
			require.NoError(t, err)
			if len(frame) == 0 {
				break
			}
			assert.LessOrEqual(t, len(frame), 1000)
			sizes = append(sizes, len(frame))
			for line := range strings.SplitSeq(string(frame), "\n") {
				var p codec.Packet
				_, err := w.codec.NextPacket([]byte(line), &p)
				require.NoError(t, err)
				got = append(got, p.Event)
			}
		}
		assert.Equal(t, names, got)
		assert.Len(t, sizes, 3)
	})
}

func TestFramesOverTheLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.MaxFrame = 1000 })
		big := event("e")
		big.Data = codec.Payload{Raw: []byte(`"` + strings.Repeat("x", 1000) + `"`)}
		w, _ := h.connect()
		assert.Equal(t, "payload_too_large", code(t, w.up(start(1), big)), "a packet")
		w = h.resume(2, 2, 0)
		assert.Equal(t, "payload_too_large", code(t, w.Receive(t.Context(), []byte(strings.Repeat(" ", 18<<10)))), "a frame")
		fits := event("e")
		fits.Data = codec.Payload{Raw: []byte(`"` + strings.Repeat("x", 980) + `"`)}
		require.NoError(t, h.resume(3, 3, 0).up(start(1), fits, fits))
	})
}

func TestSmallPacketsDoNotKeepBigFrames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		e := event("e")
		e.Data = codec.Payload{Raw: []byte(`"payload"`)}
		frame := append(w.frame(start(1), e), []byte(strings.Repeat("\n[6]", 10<<10))...)
		require.NoError(t, w.Receive(t.Context(), frame))
		clear(frame)
		assert.Equal(t, `"payload"`, string(s.got[0].Data.Raw), "it has a copy, so that the frame can be freed")
	})
}
