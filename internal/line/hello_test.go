package line_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

// bubble runs a test with a fake clock.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

func TestHelloCreatesASession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.socket()
		require.NoError(t, w.up(hello(nil), start(1), event("a"), event("b")))
		assert.Equal(t, []string{"welcome active recv 2", "start 1"}, w.down(), "the welcome acknowledges the first flight")
		assert.Equal(t, []string{"a", "b"}, h.only().accepted())
	})
}

func TestWelcomeSaysWhatAClientMustKnow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.socket()
		require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Key = "" })))
		frame, err := w.Next(nil)
		require.NoError(t, err)
		var p codec.Packet
		_, err = w.codec.NextPacket(frame, &p)
		require.NoError(t, err)
		var b codec.Welcome
		require.NoError(t, codec.Decode(w.codec, p.Data, &b))
		assert.Len(t, b.Key, 22, "128 bits, where the client has no key")
		b.Key = ""
		assert.Equal(t, codec.Welcome{
			V: 1, SID: h.only().ID(), Active: true, Heartbeat: 25_000, ResumeFor: 120_000, Limits: codec.Limits{Frame: 1 << 20}, Generation: 1,
		}, b)
	})
}

func TestRacingHellosMakeOneSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		decided := make(chan struct{})
		h.authenticate = func(string) *transport.CloseError { <-decided; return nil }
		wires := make([]*wire, 3)
		errs := make([]error, len(wires))
		for i := range wires {
			wires[i] = h.socket()
			go func() { errs[i] = wires[i].up(hello(func(b *codec.Hello) { b.Wire = uint64(i + 1) })) }()
		}
		synctest.Wait()
		close(decided)
		synctest.Wait()
		assert.Equal(t, 1, h.creates, "one decision for all of them")
		active := 0
		for i, w := range wires {
			require.NoError(t, errs[i])
			switch first := w.down()[0]; first {
			case "welcome active recv 0":
				active++
			default:
				assert.Equal(t, "welcome recv 0", first)
			}
		}
		assert.Equal(t, 1, active)
		assert.Equal(t, 1, h.registry.Len())
	})
}

func TestWireThatWaitsForTheDecisionGivesUpWithItsRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		decided := make(chan struct{})
		h.authenticate = func(string) *transport.CloseError { <-decided; return nil }
		first, second := h.socket(), h.socket()
		go func() { _ = first.up(hello(nil)) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.Equal(t, "unavailable", code(t, second.upWithin(ctx, hello(nil))))
		close(decided)
		synctest.Wait()
		assert.Equal(t, "welcome active recv 0", first.down()[0])
	})
}

func TestWireThatDetachesBeforeTheDecisionDoesNotJoin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		decided := make(chan struct{})
		h.authenticate = func(string) *transport.CloseError { <-decided; return nil }
		w := h.socket()
		over := make(chan error, 1)
		go func() { over <- w.up(hello(nil)) }()
		synctest.Wait()
		w.Detach(transport.ErrPeerGone)
		close(decided)
		require.Error(t, <-over)
		time.Sleep(2*time.Minute + time.Second)
		assert.Equal(t, "expired", (<-h.only().ended).Code, "nobody is attached to it")
	})
}

func TestRefusedCreation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		h.authenticate = func(token string) *transport.CloseError {
			if token == "bad" {
				return &transport.CloseError{Code: "unauthorized", Message: "no", Retry: time.Second}
			}
			return nil
		}
		w := h.socket()
		bad := hello(func(b *codec.Hello) { b.Token = "bad" })
		assert.Equal(t, "unauthorized", code(t, w.up(bad, start(1), event("a"))))
		assert.Equal(t, []string{"close unauthorized", "over"}, w.down())
		assert.Zero(t, h.registry.Len())

		again := h.socket()
		require.NoError(t, again.up(hello(nil)), "a refusal leaves nothing behind: the key is free")
		assert.Equal(t, []string{"welcome active recv 0", "start 1"}, again.down())
	})
}

func TestStoppingRegistryCreatesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		h.registry.Refuse(0)
		assert.Equal(t, "going_away", code(t, h.socket().up(hello(nil))))
		assert.Zero(t, h.creates)
	})
	bubble(t, func(t *testing.T) { // while the application is asked
		h := newHarness(t)
		h.authenticate = func(string) *transport.CloseError { h.registry.Refuse(0); return nil }
		assert.Equal(t, "going_away", code(t, h.socket().up(hello(nil))))
		assert.Empty(t, h.sessions)
	})
}

func TestMaxSessions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.MaxSessions = 1 })
		w, _ := h.connect()
		other := hello(func(b *codec.Hello) { b.Key = strings.Repeat("b", 22) })
		assert.Equal(t, "unavailable", code(t, h.socket().up(other)))
		_ = w.up(start(1), &codec.Packet{Kind: codec.KindEnd, Code: "closed"})
		synctest.Wait()
		assert.NoError(t, h.socket().up(other), "the memory of an ended one takes no place")
	})
}

func TestMalformedHello(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*codec.Hello)
		code   string
	}{
		"version":             {func(b *codec.Hello) { b.V = 2 }, "version"},
		"short key":           {func(b *codec.Hello) { b.Key = b.Key[1:] }, "protocol"},
		"long key":            {func(b *codec.Hello) { b.Key = strings.Repeat("a", 65) }, "protocol"},
		"key with a space":    {func(b *codec.Hello) { b.Key = "a " + b.Key }, "protocol"},
		"sid without its key": {func(b *codec.Hello) { b.Key, b.SID = "", "x" }, "protocol"},
		"wire 0":              {func(b *codec.Hello) { b.Wire = 0 }, "protocol"},
		"claim 0":             {func(b *codec.Hello) { b.Claim = 0 }, "protocol"},
		"over 2^53":           {func(b *codec.Hello) { b.Wait = 1 << 53 }, "protocol"},
		"recv of a new one":   {func(b *codec.Hello) { b.Recv = 1 }, "protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t)
				w := h.socket()
				assert.Equal(t, c.code, code(t, w.up(hello(c.change))))
				assert.Equal(t, []string{"close " + c.code, "over"}, w.down())
			})
		})
	}
}

func TestFirstPacketMustBeHello(t *testing.T) {
	for _, p := range []*codec.Packet{start(1), event("a"), ping(), ack(0), volatile("v"), {Kind: codec.KindClose, Code: "leaving"}} {
		bubble(t, func(t *testing.T) {
			h := newHarness(t)
			assert.Equal(t, "protocol", code(t, h.socket().up(p)), p.Kind)
		})
	}
}

func TestSecondHelloIsAnErrorAndTheSessionGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		require.NoError(t, w.up(start(1), event("a")))
		assert.Equal(t, "protocol", code(t, w.up(h.again(1, 2, 0))))
		s.send("x")
		assert.Equal(t, []string{"ack 1", "close protocol", "over"}, w.down())
		w.Detach(transport.ErrPeerGone)
		assert.Equal(t, []string{"welcome resumed active recv 1", "start 1", "x"}, h.resume(2, 2, 0).down())
	})
}

func TestGone(t *testing.T) {
	for name, change := range map[string]func(*codec.Hello){
		"unknown session": func(b *codec.Hello) { b.SID = "nobody" },
		"wrong key":       func(b *codec.Hello) { b.Key = strings.Repeat("x", 22) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t)
				_, s := h.connect()
				w := h.socket()
				wrong := h.again(2, 2, 0, change)
				require.NoError(t, w.up(wrong, start(9), event("dropped")))
				require.NoError(t, w.up(event("dropped too"), ping()))
				assert.Equal(t, []string{"gone"}, w.down())
				assert.Empty(t, s.accepted())

				fresh := hello(func(b *codec.Hello) { b.Key = strings.Repeat("k", 22) })
				require.NoError(t, w.up(fresh, start(1), event("a")), "after gone, another hello may come on the same wire")
				assert.Equal(t, []string{"welcome active recv 1", "start 1"}, w.down())
			})
		})
	}
}

func TestGoneEndsAWireThatTakesOneFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, _ = h.connect()
		for _, w := range []*wire{h.poll(), h.post()} {
			require.Error(t, w.up(h.again(2, 2, 0, func(b *codec.Hello) { b.SID = "nobody" })))
			assert.Equal(t, []string{"gone", "over"}, w.down())
		}
	})
}

func TestWireThatWasToldGoneIsNotWaitedForForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.socket()
		require.NoError(t, w.up(hello(func(b *codec.Hello) { b.SID = "nobody" })))
		assert.Equal(t, []string{"gone"}, w.down())
		time.Sleep(9 * time.Second)
		assert.Empty(t, w.down())
		time.Sleep(time.Second)
		synctest.Wait()
		assert.NotZero(t, w.sink.woken())
		assert.Equal(t, []string{"close heartbeat", "over"}, w.down())
	})
}

func TestSendNeverCreates(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.post()
		require.Error(t, w.up(hello(nil), start(1), event("a")))
		assert.Equal(t, []string{"gone", "over"}, w.down())
		assert.Zero(t, h.creates)
	})
}

func TestWireOfAnotherCodec(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		_, s := h.connect()
		w := h.open(transport.Opening{Transport: "websocket", Codec: codec.MessagePack()})
		assert.Equal(t, "protocol", code(t, w.up(h.again(2, 2, 0))))
		assert.Equal(t, []string{"close protocol", "over"}, w.down())
		s.send("a")
	})
}

func TestCredentialsAreExaminedAgainOnlyWhenTheyChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		var asked []string
		h.authenticate = func(token string) *transport.CloseError {
			asked = append(asked, token)
			if strings.HasSuffix(token, "mallory") {
				return &transport.CloseError{Code: "forbidden"}
			}
			return nil
		}
		token := func(token string) func(*codec.Hello) { return func(b *codec.Hello) { b.Token = token } }
		socket := func(header ...string) *wire { return h.open(transport.Opening{Transport: "websocket"}, header...) }

		require.NoError(t, socket("Cookie", "a=1").up(hello(token("ann"))))
		require.NoError(t, socket("Cookie", "a=1").up(h.again(2, 1, 0, token("ann"))))
		require.NoError(t, socket("Cookie", "a=1").up(h.again(3, 1, 0)))
		require.NoError(t, h.post().up(h.again(3, 1, 0)))
		assert.Equal(t, []string{"ann"}, asked, "the same again, and none: sid and key are proof")

		require.NoError(t, socket("Cookie", "a=2").up(h.again(4, 1, 0, token("ann"))))
		require.NoError(t, socket("Cookie", "a=2").up(h.again(5, 1, 0, token("ann"))))
		assert.Equal(t, []string{"ann", "again ann"}, asked, "what was accepted last counts")

		w := socket("Cookie", "a=2")
		assert.Equal(t, "forbidden", code(t, w.up(h.again(6, 9, 0, token("mallory")))))
		assert.Equal(t, []string{"close forbidden", "over"}, w.down())
		require.NoError(t, socket("Cookie", "a=2").up(h.again(7, 9, 0, token("ann"))), "the session stays")
		assert.Equal(t, 1, h.creates)
	})
}

// The application may refuse a session before the wire that asked for it has joined.
func TestSessionThatEndsAtOnceTellsTheWireThatAskedForIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		h.created = func(s *appSession) { s.End(&line.End{Code: "forbidden"}) }
		w := h.socket()
		require.NoError(t, w.up(hello(nil)))
		assert.Equal(t, []string{"welcome active recv 0", "start 1", "end forbidden"}, w.down())
		late := h.socket()
		require.NoError(t, late.up(hello(nil)))
		assert.Equal(t, []string{"gone"}, late.down())
	})
}

func TestCrowdComesBackWhenItIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.SessionRate, o.SessionBurst = 10, 5 })
		began := time.Now()
		var wg sync.WaitGroup
		for n := range 55 {
			wg.Go(func() {
				for {
					var full *transport.CloseError
					if !errors.As(h.socket().up(hello(func(b *codec.Hello) { b.Key = another(n) })), &full) {
						return
					}
					assert.Equal(t, "unavailable", full.Code)
					time.Sleep(full.Retry)
				}
			})
		}
		wg.Wait()
		assert.Equal(t, 55, h.registry.Len())
		assert.GreaterOrEqual(t, time.Since(began), 5*time.Second-100*time.Millisecond, "50 beyond the burst, at 10 a second")
		assert.Less(t, time.Since(began), 10*time.Second)
		admitted, turnedAway := h.registry.Admissions()
		assert.Equal(t, uint64(55), admitted)
		assert.GreaterOrEqual(t, turnedAway, uint64(50))
	})
}

func TestWhoHasASessionIsNeverTurnedAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.SessionRate, o.SessionBurst, o.MaxSessions = 1, 1, 1 })
		_, _ = h.connect()
		assert.Equal(t, "unavailable", code(t, h.socket().up(hello(func(b *codec.Hello) { b.Key = another(1) }))))
		for n := range uint64(20) {
			w := h.socket()
			require.NoError(t, w.up(h.again(n+2, n+2, 0)), "a resume")
			w.Detach(transport.ErrPeerGone)
			w = h.socket()
			require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Wire, b.Claim = 100+n, 1 })), "a wire that raced")
			w.Detach(transport.ErrPeerGone)
		}
		admitted, _ := h.registry.Admissions()
		assert.Equal(t, uint64(1), admitted)
	})
}

func TestApplicationThatEndsItsGoroutineHoldsUpNoOtherWire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.MaxSessions = 1 })
		decided := make(chan struct{})
		h.authenticate = func(string) *transport.CloseError { <-decided; runtime.Goexit(); return nil }
		first, second := h.socket(), h.socket()
		go func() { _ = first.up(hello(nil)) }()
		synctest.Wait()
		refused := make(chan error, 1)
		go func() { refused <- second.up(hello(nil)) }()
		synctest.Wait()
		close(decided)
		assert.Equal(t, "unavailable", code(t, <-refused))

		h.authenticate = nil
		require.NoError(t, h.socket().up(hello(nil)), "the key is free, and so is the room")
	})
}

func TestWireThatSaysHelloForNothingAgainAndAgainIsClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.socket()
		unknown := hello(func(b *codec.Hello) { b.SID = "nobody" })
		var err error
		n := 0
		for ; err == nil && n < 1000; n++ {
			err = w.up(unknown)
		}
		assert.Equal(t, "protocol", code(t, err))
		said := w.down()
		assert.Len(t, said, n+1, "each is answered, until it is enough")
		assert.Equal(t, "over", said[n])
	})
}
