package hawser_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// A gate authenticates: the token is the user's name and, after a colon, anything.
type gate struct {
	asked atomic.Int64
	down  atomic.Bool
}

func (g *gate) authenticate(r *http.Request, token string) (hawser.User, error) {
	g.asked.Add(1)
	name, _, _ := strings.Cut(token, ":")
	switch {
	case g.down.Load():
		return hawser.User{}, errors.New("the identity provider does not answer")
	case name == "bad":
		return hawser.User{}, hawser.ErrUnauthorized
	case name == "panic":
		panic("in Authenticate")
	case name == "busy":
		return hawser.User{}, &hawser.Error{Code: hawser.CodeRateLimited, Message: "too many", Retry: time.Minute}
	}
	return hawser.User{ID: name, Data: token}, nil
}

func TestAuthenticateOnceASession(t *testing.T) {
	g := &gate{}
	s := newSite(t, hawser.Options{Authenticate: g.authenticate})
	c := s.client(token("ann"))
	c.Key = "a-key-that-all-of-them-share"
	racers := []*wiretest.Client{c}
	for _, transport := range []string{"sse", "poll", "websocket"} {
		r := s.client(token("ann"), with(transport, codec.JSON()))
		r.Key = c.Key
		racers = append(racers, r)
	}
	var wg sync.WaitGroup
	for _, r := range racers {
		wg.Go(func() { assert.NoError(t, r.Connect(t.Context())) })
	}
	wg.Wait()
	for _, r := range racers {
		assert.Equal(t, c.SID, r.SID)
	}
	assert.Equal(t, "ann", s.session(c).User().ID)
	for range 3 {
		c.Cut()
		require.NoError(t, c.Connect(t.Context()))
	}
	assert.Equal(t, int64(1), g.asked.Load())
	assert.Len(t, s.Sessions(), 1)
}

func TestRefusals(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		g := &gate{}
		s := newSite(t, hawser.Options{Authenticate: g.authenticate})
		s.OnConnect(func(c *hawser.Context) error {
			if c.User().ID != "ann" {
				t.Error(c.User())
			}
			return nil
		})
		for user, want := range map[string]string{"bad": "unauthorized", "panic": "unavailable", "busy": "unavailable"} {
			c := s.client(over, token(user))
			c.First = []*codec.Packet{{Kind: codec.KindEvent, Event: "e"}}
			var closed wiretest.CloseError
			require.ErrorAs(t, c.Connect(t.Context()), &closed, user)
			assert.Equal(t, want, closed.Code, user)
			assert.Equal(t, want != "unauthorized", closed.Millis > 0, "what is no refusal is tried again")
		}
		assert.Empty(t, s.Sessions())

		c := s.connect(over, token("ann"))
		for _, user := range []string{"bad", "bob"} { // a later wire
			other := s.client(over, token(user))
			other.Key, other.SID = c.Key, c.SID
			var closed wiretest.CloseError
			require.ErrorAs(t, other.Connect(t.Context()), &closed)
			assert.Equal(t, map[string]string{"bad": "unauthorized", "bob": "forbidden"}[user], closed.Code)
		}
		g.down.Store(true)
		other := s.client(over, token("ann:2"))
		other.Key, other.SID = c.Key, c.SID
		var closed wiretest.CloseError
		require.ErrorAs(t, other.Connect(t.Context()), &closed)
		assert.Equal(t, "unavailable", closed.Code)

		require.NoError(t, s.session(c).Send("still here", nil))
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "still here", p.Event)
	})
}

func TestFreshTokens(t *testing.T) {
	g := &gate{}
	s := newSite(t, hawser.Options{Authenticate: g.authenticate})
	release := make(chan struct{})
	s.OnEvent("wait", func(*hawser.Context) error { <-release; return nil })
	c := s.connect(token("ann:1"))
	require.NoError(t, c.Event("", "wait", nil))
	fresh := func(token string) string {
		p, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindAuth, Token: token})
		require.NoError(t, err)
		return p.Code
	}
	assert.Empty(t, fresh("ann:2"), "while a handler runs")
	assert.Equal(t, hawser.User{ID: "ann", Data: "ann:2"}, s.session(c).User())
	assert.Equal(t, "forbidden", fresh("bob"))
	assert.Equal(t, "unauthorized", fresh("bad"))
	assert.Equal(t, "unavailable", fresh("panic"))
	g.down.Store(true)
	assert.Equal(t, "unavailable", fresh("ann:3"))
	assert.Contains(t, s.logs.String(), "the identity provider does not answer")
	assert.Equal(t, "ann:2", s.session(c).User().Data)
	close(release)
}

func TestManyFreshTokensAreExaminedOneByOne(t *testing.T) {
	var running, most atomic.Int64
	release := make(chan struct{})
	s := newSite(t, hawser.Options{Authenticate: func(_ *http.Request, token string) (hawser.User, error) {
		if token == "slow" {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			<-release
		}
		return hawser.User{}, nil
	}})
	c := s.connect()
	for range 50 {
		require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindAuth, ID: c.ID(), Token: "slow"}))
	}
	close(release)
	_, err := c.Answer(t.Context(), 50)
	require.NoError(t, err)
	assert.Equal(t, int64(1), most.Load())
}

func TestAuthTimeout(t *testing.T) {
	s := newSite(t, hawser.Options{AuthTimeout: time.Millisecond, Authenticate: func(r *http.Request, _ string) (hawser.User, error) {
		<-r.Context().Done()
		return hawser.User{}, r.Context().Err()
	}})
	var closed wiretest.CloseError
	require.ErrorAs(t, s.client().Connect(t.Context()), &closed)
	assert.Equal(t, "unavailable", closed.Code)
}

func TestRequestIsKept(t *testing.T) {
	authenticated := make(chan any, 4)
	rt := newSite(t, hawser.Options{Authenticate: func(r *http.Request, _ string) (hawser.User, error) {
		authenticated <- hawser.RequestValue(r, "user")
		return hawser.User{}, nil
	}})
	inner := rt.http.Config.Handler
	rt.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, hawser.WithRequestValue(hawser.WithRequestValue(r, "other", 1), "user", "ann"))
	})
	c := rt.client()
	c.Header = http.Header{"X-Trace": {"7"}}
	require.NoError(t, c.Connect(t.Context()))
	kept := rt.session(c).Request()
	assert.Equal(t, "7", kept.Header().Get("X-Trace"))
	assert.Equal(t, "ann", kept.Value("user"))
	assert.Equal(t, 1, kept.Value("other"))
	assert.Nil(t, kept.Value("none"))
	assert.Equal(t, "ann", receive(t, authenticated))
	_, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindAuth, Token: "fresh"})
	require.NoError(t, err)
	assert.Equal(t, "ann", receive(t, authenticated), "also for a fresh token, long after the request")
	c.Cut()
	assert.NoError(t, rt.session(c).Context().Err(), "the session's context is its own")
	assert.NoError(t, context.Cause(rt.session(c).Context()))
}
