package hawser_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// expiring reads tokens like "ann 3600": the user, and for how many seconds the token is good.
func expiring(_ *http.Request, token string) (hawser.User, error) {
	name, seconds, _ := strings.Cut(token, " ")
	if name == "bad" {
		return hawser.User{}, hawser.ErrUnauthorized
	}
	u := hawser.User{ID: name, Data: token}
	if n, err := strconv.Atoi(seconds); err == nil {
		u.Expires = time.Now().Add(time.Duration(n) * time.Second)
	}
	return u, nil
}

// A holder is a client without a connection whose token expires.
type holder struct {
	t *testing.T
	*deck
	*wire
	sent uint64
}

func newHolder(t *testing.T, token string) *holder {
	t.Helper()
	d := newDeck(t, func(o *hawser.Options) { o.Authenticate = expiring })
	d.ServeHTTP(nil, browserRequest(1))
	h := &holder{t: t, deck: d, wire: d.memory.opened}
	require.NoError(t, h.Receive(t.Context(), []byte(`[0,{"v":1,"key":"AAECAwQFBgcICQoLDA0ODw","wire":1,"claim":1,"recv":0,"token":"`+token+`"}]`+"\n[3,1]")))
	h.next()
	return h
}

// next returns the numbered packets that wait, and answers pings.
func (h *holder) next() (got []codec.Packet) {
	h.t.Helper()
	synctest.Wait()
	for {
		frame, err := h.Next(nil)
		if len(frame) == 0 {
			return got
		}
		for len(frame) > 0 {
			var p codec.Packet
			rest, broken := codec.JSON().NextPacket(frame, &p)
			require.NoError(h.t, broken)
			frame = rest
			switch {
			case p.Kind == codec.KindPing:
				require.NoError(h.t, h.Receive(h.t.Context(), []byte("[7]")))
			case p.Kind.Numbered():
				h.sent++
				got = append(got, p)
			}
		}
		if err == nil {
			require.NoError(h.t, h.Receive(h.t.Context(), []byte("[5,"+strconv.FormatUint(h.sent, 10)+"]")))
		}
	}
}

// pass lets time pass, and returns what came and when.
func (h *holder) pass(d time.Duration) (got []codec.Packet, at []time.Duration) {
	began := time.Now()
	for time.Since(began) < d {
		time.Sleep(100 * time.Millisecond)
		for _, p := range h.next() {
			got, at = append(got, p), append(at, time.Since(began))
		}
	}
	return got, at
}

func (h *holder) show(token string) []codec.Packet {
	h.t.Helper()
	require.NoError(h.t, h.Receive(h.t.Context(), []byte(`[43,1,"`+token+`"]`)))
	return h.next()
}

func TestClientIsAskedForAFreshTokenInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolder(t, "ann 3600")
		got, _ := h.pass(57 * time.Minute)
		assert.Empty(t, got, "not long before")
		got, at := h.pass(150 * time.Second)
		require.NotEmpty(t, got)
		assert.Equal(t, codec.Packet{Kind: codec.KindAuth}, got[0])
		assert.GreaterOrEqual(t, at[0], time.Minute)
		assert.LessOrEqual(t, at[0], 2*time.Minute+200*time.Millisecond)

		assert.Equal(t, []codec.Packet{{Kind: codec.KindReply, ID: 1}}, h.show("ann 3600"))
		s := h.Sessions()[0]
		assert.Equal(t, "ann 3600", s.User().Data)
		got, _ = h.pass(57 * time.Minute)
		assert.Empty(t, got, "no drop, and no more asking")
		require.NoError(t, s.Context().Err())
	})
}

func TestTokenThatExpiresEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolder(t, "ann 60")
		s := h.Sessions()[0]
		got, at := h.pass(61 * time.Second)
		last := len(got) - 1
		assert.Greater(t, last, 2, "asked again, while none came")
		assert.Less(t, last, 12, "but not without end")
		for _, p := range got[:last] {
			assert.Equal(t, codec.KindAuth, p.Kind)
		}
		assert.Equal(t, codec.KindEnd, got[last].Kind)
		assert.Equal(t, "token_expired", got[last].Code)
		assert.Positive(t, got[last].Millis, "the client may come back, with a fresh token")
		assert.InDelta(t, time.Minute, at[last], float64(200*time.Millisecond))
		var end *hawser.EndError
		require.ErrorAs(t, context.Cause(s.Context()), &end)
		assert.Equal(t, hawser.CodeTokenExpired, end.Code)
	})
}

func TestTokenWithoutAnEndAfterOneWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolder(t, "ann 60")
		h.show("ann")
		got, _ := h.pass(5 * time.Minute)
		assert.Empty(t, got)
	})
}

func TestRejectedFreshTokenLeavesTheSessionUntilTheEndOfTheLastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolder(t, "ann 60")
		for token, code := range map[string]string{"bad": "unauthorized", "bob 60": "forbidden", "ann 0": "unauthorized"} {
			got := h.show(token)
			require.Len(t, got, 1)
			assert.Equal(t, code, got[0].Code, token)
		}
		s := h.Sessions()[0]
		_, _ = h.pass(59 * time.Second)
		require.NoError(t, s.Context().Err())
		_, _ = h.pass(2 * time.Second)
		require.Error(t, s.Context().Err())
	})
}

func TestTokenThatHasExpiredBeforeIsARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t, func(o *hawser.Options) { o.Authenticate = expiring })
		d.ServeHTTP(nil, browserRequest(1))
		err := d.memory.opened.Receive(t.Context(), []byte(`[0,{"v":1,"key":"AAECAwQFBgcICQoLDA0ODw","wire":1,"claim":1,"recv":0,"token":"ann 0"}]`))
		var refused *transport.CloseError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, "unauthorized", refused.Code)
	})
}

func TestSessionThatEndsHasNoTokenToExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolder(t, "ann 60")
		h.Sessions()[0].End("bye", "")
		got, _ := h.pass(2 * time.Minute)
		require.Len(t, got, 1)
		assert.Equal(t, "bye", got[0].Code)
	})
}

func TestRecheckOfJoinedChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolder(t, "ann 3600")
		left := make(chan string, 2)
		asked := map[string]int{}
		for _, name := range []string{"open", "closed", "broken", "unasked"} {
			ch := h.Channel(name)
			ch.OnJoin(allow)
			ch.OnLeave(func(c *hawser.Context) error { left <- c.Channel(); return nil })
			if name == "unasked" {
				continue
			}
			ch.OnRecheck(func(c *hawser.Context) error {
				asked[c.Channel()]++
				assert.Equal(t, hawser.OpRecheck, c.Op())
				assert.Equal(t, "ann 1800", c.User().Data, "the fresh one")
				switch c.Channel() {
				case "closed":
					return hawser.Errorf("banned", "not any more")
				case "broken":
					return errors.New("the database is away")
				}
				return nil
			})
		}
		for _, name := range []string{"open", "closed", "broken", "unasked"} {
			require.NoError(t, h.Receive(t.Context(), []byte(`[37,7,"`+name+`"]`)))
		}
		h.next()
		got := h.show("ann 1800")
		codes := map[string]string{}
		for _, p := range got {
			if p.Kind == codec.KindLeft {
				codes[p.Channel] = p.Code
			}
		}
		assert.Equal(t, map[string]string{"closed": "banned", "broken": "internal"}, codes)
		assert.Equal(t, map[string]int{"open": 1, "closed": 1, "broken": 1}, asked)
		assert.ElementsMatch(t, []string{"open", "unasked"}, h.Sessions()[0].Channels())
		assert.ElementsMatch(t, []string{"closed", "broken"}, []string{<-left, <-left})
	})
}

// A fresh token is looked at beside the handlers, also beside an OnConnect that refuses: neither reads what belongs to the other.
func TestTokenBesideARefusal(t *testing.T) {
	g := &gate{}
	s := newSite(t, hawser.Options{Authenticate: g.authenticate})
	s.OnConnect(func(*hawser.Context) error { return hawser.ErrForbidden })
	for range 20 {
		c := s.client(token("ann"))
		c.First = []*codec.Packet{{Kind: codec.KindAuth, ID: 1, Token: "ann:2"}}
		require.NoError(t, c.Connect(t.Context()))
		end, err := c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind == codec.KindEnd })
		require.NoError(t, err)
		assert.Equal(t, "forbidden", end.Code)
	}
}
