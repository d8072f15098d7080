package line_test

import (
	"fmt"
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

func remembers(window time.Duration, sessions int) func(*line.Options) {
	return func(o *line.Options) { o.DedupeWindow, o.MaxDedupe = window, sessions }
}

// another is a key that no other call returns.
func another(n int) string { return fmt.Sprintf("another-key-%010d", n) }

// after makes a hello for a new session, whose client has lost one.
func after(newKey string, lost codec.Lost) *codec.Packet {
	return hello(func(b *codec.Hello) { b.Key, b.Lost = newKey, &lost })
}

// welcomed returns what the welcome that waits for the wire says.
func (w *wire) welcomed() (b codec.Welcome) {
	w.h.t.Helper()
	frame, err := w.Next(nil)
	require.NoError(w.h.t, err)
	var p codec.Packet
	_, err = w.codec.NextPacket(frame, &p)
	require.NoError(w.h.t, err)
	require.Equal(w.h.t, codec.KindWelcome, p.Kind)
	require.NoError(w.h.t, codec.Decode(w.codec, p.Data, &b))
	return b
}

// last returns the last packet of what waits for the wire.
func (w *wire) last() (p codec.Packet) {
	w.h.t.Helper()
	frame, err := w.Next(nil)
	require.NoError(w.h.t, err)
	for len(frame) > 0 {
		p = codec.Packet{}
		frame, err = w.codec.NextPacket(frame, &p)
		require.NoError(w.h.t, err)
	}
	return p
}

// acceptedOf begins a session whose client has lost another one, and returns what it is told of that.
func (h *harness) acceptedOf(newKey string, lost codec.Lost) *uint64 {
	h.t.Helper()
	w := h.socket()
	require.NoError(h.t, w.up(after(newKey, lost)))
	return w.welcomed().Accepted
}

func count(n uint64) *uint64 { return &n }

func TestLostSessionThatHasEndedIsRememberedByItsCount(t *testing.T) {
	for name, end := range map[string]func(w *wire, s *appSession){
		"expired": func(w *wire, _ *appSession) {
			w.Detach(transport.ErrPeerGone)
			time.Sleep(2*time.Minute + time.Second)
		},
		"ended by the server, and its end acknowledged": func(w *wire, s *appSession) {
			s.End(&line.End{Code: "going_away", Retry: time.Second})
			w.down()
			require.NoError(w.h.t, w.up(ack(1)))
		},
		"ended by the server, its last words not fetched": func(w *wire, s *appSession) {
			s.End(&line.End{Code: "going_away", Retry: time.Second})
			w.Detach(transport.ErrPeerGone)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t, remembers(10*time.Minute, 8))
				w, s := h.connect()
				require.NoError(t, w.up(start(1), event("a"), event("b"), event("c")))
				end(w, s)
				synctest.Wait()
				assert.Equal(t, count(3), h.acceptedOf(another(1), codec.Lost{SID: s.ID(), Key: key}))
			})
		})
	}
}

func TestTheEndSaysHowMuchWasAccepted(t *testing.T) {
	for name, comes := range map[string]func(w *wire) *wire{
		"on the wire in use": func(w *wire) *wire { return w },
		"on the next, where the last was lost with it": func(w *wire) *wire {
			_, _ = w.Next(nil)
			w.Detach(transport.ErrPeerGone)
			return w.h.resume(2, 2, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t)
				w, s := h.connect()
				require.NoError(t, w.up(start(1), event("a"), event("b")))
				s.End(&line.End{Code: "going_away", Retry: time.Second})
				require.NoError(t, w.up(event("too late")))
				end := comes(w).last()
				assert.Equal(t, codec.KindEnd, end.Kind)
				assert.EqualValues(t, 2, end.Recv)
				assert.EqualValues(t, 1000, end.Millis)
				assert.Equal(t, []string{"a", "b"}, s.accepted())
			})
		})
	}
}

func TestLostSessionThatIsStillHereEndsFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, remembers(10*time.Minute, 8))
		w, s := h.connect()
		require.NoError(t, w.up(start(1), event("a"), event("b")))
		assert.Equal(t, count(2), h.acceptedOf(another(1), codec.Lost{SID: s.ID(), Key: key}))
		end := <-s.ended
		assert.Equal(t, "replaced", end.Code)
		assert.True(t, end.ByPeer)
		assert.Error(t, w.up(event("too late")), "its count is final")
		assert.Equal(t, []string{"a", "b"}, s.accepted())
		assert.Equal(t, []string{"ack 2", "close closed", "over"}, w.down())
		synctest.Wait()
		assert.Equal(t, 1, h.registry.Len())
		assert.Equal(t, count(2), h.acceptedOf(another(2), codec.Lost{SID: s.ID(), Key: key}), "and stays so")
	})
}

func TestLostSessionOfNonePacketsIsKnown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, remembers(10*time.Minute, 8))
		_, s := h.connect()
		assert.Equal(t, count(0), h.acceptedOf(another(1), codec.Lost{SID: s.ID(), Key: key}))
	})
}

func TestEveryWireOfARaceIsToldOfTheLostSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, remembers(time.Minute, 8))
		w, s := h.connect()
		require.NoError(t, w.up(start(1), event("a")))
		lost := codec.Lost{SID: s.ID(), Key: key}
		assert.Equal(t, count(1), h.acceptedOf(another(1), lost))
		time.Sleep(90 * time.Second)
		assert.Equal(t, count(1), h.acceptedOf(another(1), lost), "also long after: the session that began knows it")

		h.mu.Lock()
		begun := h.sessions[1]
		h.mu.Unlock()
		resumed := h.socket()
		require.NoError(t, resumed.up(hello(func(b *codec.Hello) { b.Key, b.SID, b.Wire, b.Claim = another(1), begun.ID(), 9, 9 })))
		assert.Nil(t, resumed.welcomed().Accepted, "who has its sid has its welcome")
	})
}

func TestLostSessionThatIsNotKnown(t *testing.T) {
	for name, change := range map[string]func(*codec.Lost){
		"nobody":    func(l *codec.Lost) { l.SID = "nobody" },
		"wrong key": func(l *codec.Lost) { l.Key = strings.Repeat("x", 22) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHarness(t, remembers(10*time.Minute, 8))
				w, s := h.connect()
				lost := codec.Lost{SID: s.ID(), Key: key}
				change(&lost)
				assert.Nil(t, h.acceptedOf(another(1), lost))
				require.NoError(t, w.up(start(1), event("a")), "who does not have the key ends nothing")
				s.End(&line.End{Code: "closed"})
				w.Detach(transport.ErrPeerGone)
				time.Sleep(3 * time.Minute)
				assert.Nil(t, h.acceptedOf(another(2), lost), "nor when it is over")
			})
		})
	}
}

func TestLostSessionsAreForgottenWithTheWindow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, remembers(10*time.Minute, 8))
		w, s := h.connect()
		_ = w.up(start(1), &codec.Packet{Kind: codec.KindEnd, Code: "bye"})
		synctest.Wait()
		lost := codec.Lost{SID: s.ID(), Key: key}
		time.Sleep(9 * time.Minute)
		assert.Equal(t, count(1), h.acceptedOf(another(1), lost))
		time.Sleep(2 * time.Minute)
		assert.Nil(t, h.acceptedOf(another(2), lost))
	})
}

func TestOldestLostSessionIsForgottenFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, remembers(time.Hour, 2))
		var lost []codec.Lost
		for n := range 3 {
			w := h.socket()
			k := another(n)
			require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Key = k })))
			lost = append(lost, codec.Lost{SID: w.welcomed().SID, Key: k})
			require.NoError(t, w.up(start(1), &codec.Packet{Kind: codec.KindEnd, Code: "bye"}))
			synctest.Wait()
		}
		assert.Nil(t, h.acceptedOf(another(10), lost[0]))
		assert.Equal(t, count(1), h.acceptedOf(another(11), lost[1]))
		assert.Equal(t, count(1), h.acceptedOf(another(12), lost[2]))
	})
}

func TestRefusedClientLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, remembers(time.Hour, 2))
		w, s := h.connect()
		h.authenticate = func(string) *transport.CloseError { return &transport.CloseError{Code: "unavailable"} }
		assert.Equal(t, "unavailable", code(t, h.socket().up(after(another(1), codec.Lost{SID: s.ID(), Key: key}))))
		require.NoError(t, w.up(start(1), event("a")))
		assert.Empty(t, s.ended)
	})
}

func TestMalformedLost(t *testing.T) {
	good := `"v":1,"key":"` + another(1) + `","wire":1,"claim":1,"recv":0`
	for _, lost := range []string{
		`5`, `"x"`, `[]`, `true`, `{}`, `{"sid":"s"}`, `{"key":"` + key + `"}`, `{"sid":5,"key":"` + key + `"}`, `{"sid":"","key":"` + key + `"}`,
		`{"sid":"s","key":"short"}`, `{"sid":"s","key":"` + strings.Repeat("k", 65) + `"}`, `{"sid":"s","key":"` + strings.Repeat("/", 22) + `"}`,
		`{"sid":"` + strings.Repeat("s", 256) + `","key":"` + key + `"}`, `{"sid":"s","key":"` + another(1) + `"}`,
	} {
		bubble(t, func(t *testing.T) {
			h := newHarness(t, remembers(time.Hour, 2))
			w := h.socket()
			assert.Equal(t, "protocol", code(t, w.Receive(t.Context(), []byte(`[0,{`+good+`,"lost":`+lost+`}]`))), lost)
			assert.Equal(t, []string{"close protocol", "over"}, w.down())
			assert.Zero(t, h.creates)
		})
	}
	bubble(t, func(t *testing.T) {
		h := newHarness(t, remembers(time.Hour, 2))
		_, _ = h.connect()
		resuming := h.again(2, 2, 0, func(b *codec.Hello) { b.Lost = &codec.Lost{SID: "s", Key: another(1)} })
		assert.Equal(t, "protocol", code(t, h.socket().up(resuming)))
		require.NoError(t, h.socket().Receive(t.Context(), []byte(`[0,{`+good+`,"lost":null}]`)), "as if it were left out")
	})
}
