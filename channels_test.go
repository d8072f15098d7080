package hawser_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

func allow(*hawser.Context) error { return nil }

type position struct {
	Epoch  string `json:"epoch"`
	Offset uint64 `json:"offset"`
	Data   any    `json:"data"`
}

func TestJoins(t *testing.T) {
	s := newSite(t, hawser.Options{MaxChannels: 2})
	chat := s.Channel("chat:{room}")
	chat.OnJoin(func(c *hawser.Context) error {
		if c.Param("room") == "secret" {
			return hawser.Errorf(hawser.CodeForbidden, "not you")
		}
		var in say
		if err := c.Bind(&in); err != nil {
			return err
		}
		c.Reply("welcome to " + c.Param("room") + in.Text)
		return nil
	})
	s.Channel("nobody") // no OnJoin
	c := s.connect()
	for channel, want := range map[string]string{
		"chat:secret":            "forbidden",
		"nobody":                 "forbidden",
		"elsewhere":              "not_found",
		"":                       "bad_request",
		"chat:\n":                "bad_request",
		"chat:\u009f":            "bad_request",
		strings.Repeat("x", 256): "bad_request",
	} {
		p, err := c.Join(t.Context(), channel)
		require.NoError(t, err)
		assert.Equal(t, want, p.Code, "%.20q", channel)
	}
	p, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindJoin, Channel: "chat:1", Data: c.Payload(say{"!"})})
	first := decode[position](t, c, p, err)
	assert.Equal(t, "welcome to 1!", first.Data)
	assert.Zero(t, first.Offset)
	assert.NotEmpty(t, first.Epoch)
	assert.Equal(t, 1, s.Members("chat:1"))
	assert.Equal(t, []string{"chat:1"}, s.session(c).Channels())

	at, err := s.Publish(t.Context(), "chat:1", "e", 1)
	require.NoError(t, err)
	assert.Equal(t, hawser.Position{Epoch: first.Epoch, Offset: 1}, at)
	p, err = c.Join(t.Context(), "chat:1")
	assert.Equal(t, uint64(1), decode[position](t, c, p, err).Offset, "joining again tells the position")
	assert.Equal(t, 1, s.Members("chat:1"))

	_, err = c.Join(t.Context(), "chat:2")
	require.NoError(t, err)
	p, err = c.Join(t.Context(), "chat:3")
	require.NoError(t, err)
	assert.Equal(t, "rate_limited", p.Code)
	p, err = c.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "chat:2"})
	require.NoError(t, err)
	assert.Equal(t, codec.KindReply, p.Kind)
	p, err = c.Join(t.Context(), "chat:3")
	require.NoError(t, err)
	assert.Equal(t, codec.KindReply, p.Kind)
}

// Who joins again is asked again, and one who is refused then is no member any more: neither of the channel nor of those who are here.
func TestMemberThatIsRefusedWhenItJoinsAgain(t *testing.T) {
	s := newSite(t, hawser.Options{})
	room := s.Channel("room")
	banned := atomic.Bool{}
	room.OnJoin(func(*hawser.Context) error {
		if banned.Load() {
			return hawser.ErrForbidden
		}
		return nil
	})
	left := make(chan struct{}, 1)
	room.OnLeave(func(*hawser.Context) error { left <- struct{}{}; return nil })
	room.Presence(hawser.PresenceOptions{})
	room.AllowPublish()
	c := s.connect()
	joinAt(t, c, "room", hawser.Position{})
	banned.Store(true)
	p, err := c.Join(t.Context(), "room")
	require.NoError(t, err)
	assert.Equal(t, "forbidden", p.Code)
	receive(t, left)
	assert.Zero(t, s.Members("room"))
	assert.Empty(t, s.session(c).Channels())
	n, err := s.Presence("room").Count(t.Context())
	require.NoError(t, err)
	assert.Zero(t, n)
	publishNumbers(t, s.Server, "room", 1, 1)
	assert.Equal(t, "forbidden", publish(t, c, "room", "n", c.Payload(2)).Code)
	require.NoError(t, s.session(c).Send("last", nil))
	p, err = c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "last", p.Event, "nothing of the channel came before it")
}

func TestEventsOnAChannelAreForMembers(t *testing.T) {
	s := newSite(t, hawser.Options{})
	chat := s.Channel("chat:{room}")
	chat.OnJoin(allow)
	hawser.HandleCall(chat, "say", func(c *hawser.Context, in say) (string, error) { return c.Channel() + in.Text, nil })
	chat.OnEvent("", func(c *hawser.Context) error { t.Error("an event of one who is not a member"); return nil })
	c := s.connect()
	p, err := c.Call(t.Context(), "chat:1", "say", say{"x"})
	require.NoError(t, err)
	assert.Equal(t, "forbidden", p.Code)
	require.NoError(t, c.Event("chat:1", "e", nil))
	_, err = c.Join(t.Context(), "chat:1")
	require.NoError(t, err)
	p, err = c.Call(t.Context(), "chat:1", "say", say{"x"})
	assert.Equal(t, "chat:1x", decode[string](t, c, p, err))
	_, err = c.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "chat:1"})
	require.NoError(t, err)
	p, err = c.Call(t.Context(), "chat:1", "say", say{"x"})
	require.NoError(t, err)
	assert.Equal(t, "forbidden", p.Code)
}

func TestPublishToAllOrAllButTheSender(t *testing.T) {
	s := newSite(t, hawser.Options{})
	lab := s.Channel("lab")
	lab.OnJoin(allow)
	hawser.HandleCall(lab, "tell", func(c *hawser.Context, in say) (any, error) {
		_, err := s.Publish(c, c.Channel(), "told", in, hawser.Except(c.Session()))
		return nil, err
	})
	var clients []*wiretest.Client
	for _, over := range []func(*wiretest.Client){
		with("websocket", codec.JSON()), with("sse", codec.MessagePack()), with("poll", codec.JSON()), with("websocket", codec.MessagePack()),
	} {
		c := s.connect(over)
		_, err := c.Join(t.Context(), "lab")
		require.NoError(t, err)
		clients = append(clients, c)
	}
	_, err := s.Publish(t.Context(), "lab", "all", say{"1"})
	require.NoError(t, err)
	_, err = clients[0].Call(t.Context(), "lab", "tell", say{"2"})
	require.NoError(t, err)
	_, err = s.Publish(t.Context(), "lab", "all", say{"3"})
	require.NoError(t, err)
	for i, c := range clients {
		var got []string
		for p := (&codec.Packet{}); p.Offset < 3; {
			p, err = c.Next(t.Context())
			got = append(got, fmt.Sprint(p.Event, p.Offset, decode[say](t, c, p, err).Text))
		}
		if i == 0 {
			assert.Equal(t, []string{"all11", "all33"}, got)
		} else {
			assert.Equal(t, []string{"all11", "told22", "all33"}, got)
		}
	}
	_, err = s.Publish(t.Context(), "lab", "e", make(chan int))
	require.Error(t, err)
	_, err = s.Publish(t.Context(), "", "e", 1)
	require.Error(t, err)
}

func TestRemovalByTheServer(t *testing.T) {
	s := newSite(t, hawser.Options{})
	left := make(chan string, 4)
	lab := s.Channel("lab:{n}")
	lab.OnJoin(allow)
	lab.OnLeave(func(c *hawser.Context) error { left <- fmt.Sprint(c.Param("n"), " ", c.Cause()); return nil })
	c := s.connect()
	for _, name := range []string{"lab:1", "lab:2"} {
		_, err := c.Join(t.Context(), name)
		require.NoError(t, err)
	}
	assert.True(t, s.session(c).Leave("lab:1", "banned", "for a day"))
	assert.False(t, s.session(c).Leave("lab:1", "banned", "again"))
	_, err := s.Publish(t.Context(), "lab:1", "e", 1)
	require.NoError(t, err)
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, codec.Packet{Kind: codec.KindLeft, Channel: "lab:1", Code: "banned", Message: "for a day"}, *p)
	assert.Equal(t, "1 <nil>", receive(t, left))
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindEnd, Code: "bye"}))
	assert.Contains(t, receive(t, left), "2 hawser: the session was ended by the client")
	assert.Zero(t, s.Members("lab:2"))
}

// A counting codec is JSON by another name, which counts.
type counting struct {
	codec.Codec
	marshals atomic.Int64
}

func (*counting) Name() string { return "counting" }
func (c *counting) Marshal(v any) ([]byte, error) {
	c.marshals.Add(1)
	return c.Codec.Marshal(v)
}

func TestPublicationIsEncodedOnceForEachCodec(t *testing.T) {
	third := &counting{Codec: codec.JSON()}
	s := newSite(t, hawser.Options{Codecs: []codec.Codec{codec.JSON(), third}})
	s.Channel("lab").OnJoin(allow)
	hawser.HandleCall(s, "echo", func(_ *hawser.Context, in say) (say, error) { return in, nil })
	var clients []*wiretest.Client
	for range 100 {
		c := s.connect(with("websocket", third))
		_, err := c.Join(t.Context(), "lab")
		require.NoError(t, err)
		clients = append(clients, c)
	}
	p, err := clients[0].Call(t.Context(), "", "echo", say{"a codec of the application's own"})
	assert.Equal(t, say{"a codec of the application's own"}, decode[say](t, clients[0], p, err))
	before := third.marshals.Load()
	_, err = s.Publish(t.Context(), "lab", "e", say{"once"})
	require.NoError(t, err)
	assert.Equal(t, int64(1), third.marshals.Load()-before)
	for _, c := range clients {
		p, err := c.Next(t.Context())
		assert.Equal(t, say{"once"}, decode[say](t, c, p, err))
	}
}

func TestJoinAndLeaveAtTheSameTime(t *testing.T) {
	s := newSite(t, hawser.Options{})
	joining := make(chan struct{})
	lab := s.Channel("lab")
	lab.OnJoin(func(c *hawser.Context) error { close(joining); return nil })
	c := s.connect()
	session := s.session(c)
	go func() {
		<-joining
		for !session.Leave("lab", "banned", "") { // before, while or after it has joined
			runtime.Gosched()
		}
	}()
	p, err := c.Join(t.Context(), "lab")
	require.NoError(t, err)
	if p.Kind == codec.KindReply {
		_, err = c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind == codec.KindLeft })
		require.NoError(t, err, "the client does not believe that it is still there")
	}
	assert.Zero(t, s.Members("lab"))
}

// An announcer publishes to a channel whenever it is encoded.
type announcer struct {
	server  *hawser.Server
	channel string
}

func (a announcer) MarshalJSON() ([]byte, error) {
	_, err := a.server.Publish(context.Background(), a.channel, "joining", nil)
	return []byte(`"hello"`), err
}

func TestWhatAJoinRepliesMayPublishToItsChannel(t *testing.T) {
	s := newSite(t, hawser.Options{})
	s.Channel("chat").OnJoin(func(c *hawser.Context) error {
		c.Reply(announcer{s.Server, "chat"})
		return nil
	})
	for i := range 2 {
		c := s.connect()
		p, err := c.Join(t.Context(), "chat")
		got := decode[position](t, c, p, err)
		assert.Equal(t, "hello", got.Data)
		assert.Equal(t, uint64(i)+1, got.Offset, "it was encoded before the position was taken")
	}
}

func TestNilIsNoPayload(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s := newSite(t, hawser.Options{})
		s.Channel("chat").OnJoin(allow)
		c := s.connect(over)
		_, err := c.Join(t.Context(), "chat")
		require.NoError(t, err)
		_, err = s.Publish(t.Context(), "chat", "e", nil)
		require.NoError(t, err)
		require.NoError(t, s.session(c).Send("e", nil))
		for _, kind := range []codec.Kind{codec.KindMessage, codec.KindEvent} {
			p, err := c.Next(t.Context())
			require.NoError(t, err)
			assert.Equal(t, kind, p.Kind)
			assert.True(t, p.Data.Absent())
		}
	})
}
