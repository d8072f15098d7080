package hawser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A disconnect is what OnDisconnect saw.
type disconnect struct {
	cause *hawser.EndError
	lost  []hawser.Unacknowledged
}

// disconnects collects them.
func disconnects(t *testing.T, s *site) <-chan disconnect {
	t.Helper()
	seen := make(chan disconnect, 16)
	s.OnDisconnect(func(c *hawser.Context) error {
		d := disconnect{lost: c.Unacknowledged()}
		assert.ErrorAs(t, c.Cause(), &d.cause)
		assert.NoError(t, c.Err(), "it has time to clean up")
		assert.Equal(t, c.Cause(), context.Cause(c.Session().Context()))
		seen <- d
		return nil
	})
	return seen
}

func TestEndByTheServerIsTheLastThingThatTheClientGets(t *testing.T) {
	s := newSite(t, hawser.Options{})
	seen := disconnects(t, s)
	c := s.connect()
	session := s.session(c)
	require.NoError(t, session.Send("last words", nil))
	session.End("kicked", "be nice")
	session.End("again", "")
	require.ErrorIs(t, session.Send("late", nil), hawser.ErrSessionEnded)
	_, err := c.Await(t.Context(), func(p *codec.Packet) bool { return p.Event == "last words" })
	require.NoError(t, err)
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, codec.Packet{Kind: codec.KindEnd, Code: "kicked", Message: "be nice"}, *p)
	assert.Equal(t, &hawser.EndError{Code: "kicked", Message: "be nice"}, receive(t, seen).cause)
	code, err := c.Closed(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "closed", code, "when all of it is acknowledged")
	assert.Eventually(t, func() bool { _, ok := s.Session(c.SID); return !ok }, 5*time.Second, time.Millisecond)
}

func TestExpiredSessionHandsOverWhatWasNotAcknowledged(t *testing.T) {
	s := newSite(t, hawser.Options{ResumeFor: 100 * time.Millisecond})
	seen := disconnects(t, s)
	c := s.connect()
	session := s.session(c)
	require.NoError(t, session.Send("first", say{"1"}))
	_, err := c.Next(t.Context())
	require.NoError(t, err)
	require.NoError(t, session.Send("second", []byte{1}))
	_, err = c.Next(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Raw(&codec.Packet{Kind: codec.KindAck, N: 1}, &codec.Packet{Kind: codec.KindVolatile, Event: "done"}))
	c.Cut()
	require.Eventually(t, func() bool { ok, _ := session.SendVolatile("probe", nil); return !ok }, 5*time.Second, time.Millisecond)
	require.NoError(t, session.Send("third", say{"3"}))
	d := receive(t, seen)
	assert.Equal(t, hawser.CodeExpired, d.cause.Code)
	var events []string
	for _, u := range d.lost {
		events = append(events, u.Kind+" "+u.Event)
	}
	assert.Equal(t, []string{"event second", "event third"}, events)
	assert.True(t, d.lost[0].Sent, "the client may have got it")
	assert.False(t, d.lost[1].Sent)
	var third say
	require.NoError(t, d.lost[1].Bind(&third))
	assert.Equal(t, say{"3"}, third)
	var second []byte
	require.NoError(t, d.lost[0].Bind(&second))
	assert.Equal(t, []byte{1}, second)
	require.Error(t, c.Connect(t.Context()))
}

func TestRefusedByOnConnect(t *testing.T) {
	s := newSite(t, hawser.Options{})
	s.OnConnect(func(*hawser.Context) error { return hawser.Errorf(hawser.CodeForbidden, "members only") })
	s.OnDisconnect(func(*hawser.Context) error { t.Error("what never connected does not disconnect"); return nil })
	s.OnEvent("", func(*hawser.Context) error { t.Error("an event of a session that was refused"); return nil })
	s.OnCall("", func(*hawser.Context) error { t.Error("a call of a session that was refused"); return nil })
	lab := s.Channel("lab")
	lab.OnJoin(func(*hawser.Context) error { t.Error("a join of a session that was refused"); return nil })
	c := s.client()
	c.First = []*codec.Packet{
		{Kind: codec.KindEvent, Event: "e"}, {Kind: codec.KindCall, ID: 1, Event: "c"}, {Kind: codec.KindJoin, ID: 2, Channel: "lab"},
	}
	require.NoError(t, c.Connect(t.Context()))
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, codec.Packet{Kind: codec.KindEnd, Code: "forbidden", Message: "members only", Recv: 3}, *p)
	assert.Eventually(t, func() bool { return len(s.Sessions()) == 0 }, 5*time.Second, time.Millisecond)
}

func TestClientThatDoesNotKeepUp(t *testing.T) {
	s := newSite(t, hawser.Options{Outgoing: session.Limits{UnsentBytes: 1 << 16, SentBytes: 1 << 16}})
	seen := disconnects(t, s)
	lab := s.Channel("lab")
	lab.OnJoin(func(*hawser.Context) error { return nil })
	c := s.connect()
	_, err := c.Join(t.Context(), "lab")
	require.NoError(t, err)
	pad := strings.Repeat("x", 1<<12)
	for range 1000 {
		_, err := s.Publish(t.Context(), "lab", "e", pad)
		require.NoError(t, err, "publishers never hear of a slow reader")
	}
	assert.Zero(t, s.Members("lab"), "the channel was reset")
	assert.Len(t, s.Sessions(), 1, "and the session goes on")
	for err = error(nil); err == nil; err = s.Sessions()[0].Send("e", pad) {
	}
	require.ErrorIs(t, err, hawser.ErrOverflow)
	d := receive(t, seen)
	assert.Equal(t, hawser.CodeOverflow, d.cause.Code)
	assert.NotEmpty(t, d.lost)
	assert.Zero(t, s.Members("lab"))
	stats := s.Stats()
	assert.EqualValues(t, 1, stats.Resets)
	assert.EqualValues(t, 1, stats.Overflowed)
}

func TestValues(t *testing.T) {
	s := newSite(t, hawser.Options{})
	session := s.session(s.connect())
	var v say
	ok, err := session.Get("k", &v)
	require.NoError(t, err)
	assert.False(t, ok)
	require.NoError(t, session.Set("k", say{"v"}))
	ok, err = session.Get("k", &v)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, say{"v"}, v)
	require.NoError(t, session.Set("k", nil))
	ok, err = session.Get("k", &v)
	require.NoError(t, err)
	assert.False(t, ok)
	require.Error(t, session.Set("k", make(chan int)))
	none, ok := s.Session("nobody")
	assert.False(t, ok)
	assert.Nil(t, none)
}
