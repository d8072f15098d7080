package hawser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

func ids(sessions []hawser.Session) (of []string) {
	for _, s := range sessions {
		of = append(of, s.ID())
	}
	return of
}

func TestUserIsAllOfTheirSessions(t *testing.T) {
	s := newSite(t, hawser.Options{Authenticate: (&gate{}).authenticate})
	phone := s.connect(token("ann"), with("sse", codec.MessagePack()))
	laptop := s.connect(token("ann:2"))
	bob := s.connect(token("bob"))
	assert.Equal(t, []string{phone.SID, laptop.SID}, ids(s.User("ann").Sessions()), "those that began first first")

	sent, err := s.User("ann").Send("note", say{"hello"})
	require.NoError(t, err)
	assert.Equal(t, 2, sent)
	for _, c := range []*wiretest.Client{phone, laptop} {
		p, err := c.Next(t.Context())
		assert.Equal(t, say{"hello"}, decode[say](t, c, p, err))
	}
	sent, err = s.User("carol").Send("note", nil)
	require.NoError(t, err)
	assert.Zero(t, sent, "who is not there")
	for event, data := range map[string]any{"": nil, "e": make(chan int), "big": strings.Repeat("x", 1<<20)} {
		_, err = s.User("ann").Send(event, data)
		require.Error(t, err, event)
	}

	ended, err := s.User("ann").End("moved", "elsewhere")
	require.NoError(t, err)
	assert.Equal(t, 2, ended)
	for _, c := range []*wiretest.Client{phone, laptop} {
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, codec.Packet{Kind: codec.KindEnd, Code: "moved", Message: "elsewhere"}, *p)
	}
	assert.Empty(t, s.User("ann").Sessions(), "at once")
	assert.Equal(t, []string{bob.SID}, ids(s.User("bob").Sessions()))
	ended, err = s.User("ann").End("again", "")
	require.NoError(t, err)
	assert.Zero(t, ended)
}

func TestCallAsksAllSessionsOfAUser(t *testing.T) {
	s := newSite(t, hawser.Options{Authenticate: (&gate{}).authenticate, CallTimeout: 10 * time.Second})
	clients := []*wiretest.Client{s.connect(token("ann")), s.connect(token("ann"), with("poll", codec.MessagePack())), s.connect(token("ann"))}
	answers := make(chan []hawser.Answer, 1)
	go func() {
		all, err := s.User("ann").Call(t.Context(), "where", say{"?"})
		assert.NoError(t, err)
		answers <- all
	}()
	for i, c := range clients {
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, codec.KindCall, p.Kind)
		switch i {
		case 0:
			require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindReply, ID: p.ID, Data: c.Payload("phone")}))
		case 1:
			require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindReply, ID: p.ID, Data: c.Payload("laptop")}))
		case 2:
			require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindError, ID: p.ID, Code: "not_found"}))
		}
	}
	all := receive(t, answers)
	require.Len(t, all, 3)
	for i, want := range []string{"phone", "laptop"} {
		assert.Equal(t, clients[i].SID, all[i].Session.ID(), "in the order of the sessions")
		var got string
		require.NoError(t, all[i].Bind(&got))
		assert.Equal(t, want, got)
		require.ErrorIs(t, all[i].Bind(new(int)), &hawser.Error{Code: hawser.CodeBadRequest})
	}
	require.ErrorIs(t, all[2].Err, hawser.ErrNotFound)
	require.ErrorIs(t, all[2].Bind(new(string)), hawser.ErrNotFound)

	none, err := s.User("bob").Call(t.Context(), "where", nil)
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = s.User("ann").Call(t.Context(), "", nil)
	require.Error(t, err)
}

// What cannot be encoded is the caller's affair alone, and no session's: the process goes on.
func TestCallOfAUserEncodesBeforeItAsks(t *testing.T) {
	s := newSite(t, hawser.Options{Authenticate: (&gate{}).authenticate})
	c := s.connect(token("ann"))
	_, err := s.User("ann").Call(t.Context(), "where", make(chan int))
	require.Error(t, err)
	assert.PanicsWithValue(t, "in MarshalJSON", func() { _, _ = s.User("ann").Call(t.Context(), "where", panicky{}) })
	sent, err := s.User("ann").Send("after", nil)
	require.NoError(t, err)
	assert.Equal(t, 1, sent)
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "after", p.Event, "nothing was asked")
}

func TestAnonymousUserIsNobody(t *testing.T) {
	s := newSite(t, hawser.Options{})
	c := s.connect()
	nobody := s.User("")
	_, err := nobody.Send("e", nil)
	require.ErrorIs(t, err, hawser.ErrNobody)
	_, err = nobody.Call(t.Context(), "e", nil)
	require.ErrorIs(t, err, hawser.ErrNobody)
	_, err = nobody.End("x", "")
	require.ErrorIs(t, err, hawser.ErrNobody)
	_, err = s.Kick("", "x", "")
	require.ErrorIs(t, err, hawser.ErrNobody)
	_, err = s.Revoke("", "room")
	require.ErrorIs(t, err, hawser.ErrNobody)
	assert.Empty(t, nobody.Sessions())
	require.NoError(t, s.session(c).Send("still here", nil))
}

func TestKick(t *testing.T) {
	s := newSite(t, hawser.Options{Authenticate: (&gate{}).authenticate})
	seen := disconnects(t, s)
	c, _ := s.connect(token("ann")), s.connect(token("bob"))
	n, err := s.Kick("ann", "banned", "bad manners")
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, codec.Packet{Kind: codec.KindEnd, Code: "banned", Message: "bad manners"}, *p, "without a retry: it does not come back")
	assert.Equal(t, hawser.Code("banned"), receive(t, seen).cause.Code)
	assert.Empty(t, s.User("ann").Sessions())
	require.Eventually(t, func() bool { return s.Stats().Sessions == 1 }, 10*time.Second, time.Millisecond, "once OnDisconnect has returned")
	assert.EqualValues(t, 2, s.Stats().Admitted)
}

func TestRevoke(t *testing.T) {
	s := newSite(t, hawser.Options{Authenticate: (&gate{}).authenticate})
	room := s.Channel("room:{n}")
	left := make(chan string, 4)
	room.OnJoin(allow)
	room.OnLeave(func(c *hawser.Context) error { left <- c.User().ID + " " + c.Channel(); return nil })
	tabs := []*wiretest.Client{s.connect(token("ann")), s.connect(token("ann"))}
	bob := s.connect(token("bob"))
	for _, c := range []*wiretest.Client{tabs[0], tabs[1], bob} {
		for _, name := range []string{"room:1", "room:2"} {
			p, err := c.Join(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, codec.KindReply, p.Kind)
		}
	}
	n, err := s.Revoke("ann", "room:1")
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	for _, c := range tabs {
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, codec.KindLeft, p.Kind)
		assert.Equal(t, "room:1", p.Channel)
		assert.Equal(t, "forbidden", p.Code)
		assert.Equal(t, "ann room:1", receive(t, left))
	}
	assert.Equal(t, 1, s.Members("room:1"))
	assert.Equal(t, 3, s.Members("room:2"))
	n, err = s.Revoke("ann", "room:1")
	require.NoError(t, err)
	assert.Zero(t, n, "again, with nothing to do")
}

func TestRevokeStopsAJoinThatIsUnderWay(t *testing.T) {
	s := newSite(t, hawser.Options{Authenticate: (&gate{}).authenticate})
	asked, decided := make(chan struct{}), make(chan struct{})
	s.Channel("room").OnJoin(func(*hawser.Context) error { asked <- struct{}{}; <-decided; return nil })
	s.Channel("other").OnJoin(func(*hawser.Context) error { asked <- struct{}{}; <-decided; return nil })
	c := s.connect(token("ann"))
	join := func(name string, meanwhile func()) *codec.Packet {
		t.Helper()
		id := c.ID()
		require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindJoin, ID: id, Channel: name}))
		receive(t, asked)
		meanwhile()
		decided <- struct{}{}
		p, err := c.Answer(t.Context(), id)
		require.NoError(t, err)
		return p
	}
	revoke := func() {
		n, err := s.Revoke("ann", "room")
		require.NoError(t, err)
		assert.Zero(t, n)
	}
	p := join("room", revoke)
	assert.Equal(t, codec.KindError, p.Kind)
	assert.Equal(t, "forbidden", p.Code)
	assert.Zero(t, s.Members("room"))
	assert.Equal(t, codec.KindReply, join("other", revoke).Kind, "another channel's join goes on")
	assert.Equal(t, codec.KindReply, join("room", func() {}).Kind, "a later join is for OnJoin to decide")
}
