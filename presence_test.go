package hawser_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/broker"
	brokermemory "github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
	"github.com/hawser-go/hawser/presence"
	"github.com/hawser-go/hawser/session"
)

// newLobby returns a site where everybody is who the token says, with a channel whose members may see each other and show states.
func newLobby(t *testing.T, o hawser.Options, p hawser.PresenceOptions) (*site, *hawser.Channel) {
	t.Helper()
	o.Authenticate = func(_ *http.Request, token string) (hawser.User, error) { return hawser.User{ID: token}, nil }
	s := newSite(t, o)
	ch := s.Channel("lobby")
	ch.OnJoin(allow)
	ch.Presence(p)
	ch.OnPresence(allow)
	ch.AllowState()
	return s, ch
}

// enters connects a client and joins the lobby.
func (s *site) enters(change ...func(*wiretest.Client)) *wiretest.Client {
	s.t.Helper()
	c := s.connect(change...)
	p, err := c.Join(s.t.Context(), "lobby")
	require.NoError(s.t, err)
	require.Equal(s.t, codec.KindReply, p.Kind, p.Message)
	return c
}

type members struct {
	Members [][]any `json:"members"`
}

type presenceDiff struct {
	In  [][]any  `json:"in"`
	Out []string `json:"out"`
}

// who returns "user data" of [session, user, data].
func who(m []any) string { return strings.TrimSuffix(fmt.Sprintln(m[1:]...), "\n") }

// watches asks who is there, and returns it: "user data" by session.
func watches(t *testing.T, c *wiretest.Client) map[string]string {
	t.Helper()
	p, err := c.Call(t.Context(), "lobby", "hawser:presence", nil)
	here := map[string]string{}
	for _, m := range decode[members](t, c, p, err).Members {
		here[m[0].(string)] = who(m)
	}
	return here
}

// follow takes presence packets until here is as it should be.
func follow(t *testing.T, c *wiretest.Client, here map[string]string, until func() bool) (packets int) {
	t.Helper()
	for !until() {
		p, err := c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind == codec.KindPresence })
		d := decode[presenceDiff](t, c, p, err)
		require.Equal(t, "lobby", p.Channel)
		packets++
		for _, m := range d.In {
			here[m[0].(string)] = who(m)
		}
		for _, gone := range d.Out {
			require.Contains(t, here, gone)
			delete(here, gone)
		}
	}
	return packets
}

func TestPresenceEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s, lobby := newLobby(t, hawser.Options{}, hawser.PresenceOptions{AllowData: true})
		lobby.OnJoin(func(c *hawser.Context) error {
			if c.User().ID == "" {
				return nil
			}
			return c.SetPresence(map[string]string{"name": strings.ToUpper(c.User().ID)})
		})
		ann := s.enters(over, token("ann"))
		here := watches(t, ann)
		follow(t, ann, here, func() bool { return here[ann.SID] != "" })
		assert.Equal(t, map[string]string{ann.SID: "ann map[name:ANN]"}, here)

		var others []*wiretest.Client
		for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
			bob := s.enters(with("websocket", c), token("bob"))
			others = append(others, bob)
			follow(t, ann, here, func() bool { return here[bob.SID] == "bob map[name:BOB]" })
			p, err := bob.Call(t.Context(), "lobby", "hawser:enter", map[string]any{"data": []any{c.Name(), 1, nil}})
			assert.Equal(t, map[string]any{}, decode[map[string]any](t, bob, p, err))
			follow(t, ann, here, func() bool { return here[bob.SID] == "bob ["+c.Name()+" 1 <nil>]" })
		}
		p, err := ann.Call(t.Context(), "lobby", "hawser:count", nil)
		assert.Equal(t, hawser.PresenceCount{Users: 2, Sessions: 3}, decode[hawser.PresenceCount](t, ann, p, err))

		_, err = others[0].Call(t.Context(), "lobby", "hawser:enter", nil)
		require.NoError(t, err)
		follow(t, ann, here, func() bool { return here[others[0].SID] == "bob" })
		p, err = others[1].Call(t.Context(), "lobby", "hawser:enter", map[string]any{"data": []byte{0, 255}})
		require.NoError(t, err)
		require.Empty(t, p.Code, p.Message)
		bytes := map[string]string{"json": "bob AP8=", "msgpack": "bob \x00\xff"}[ann.Codec.Name()]
		follow(t, ann, here, func() bool { return here[others[1].SID] != "bob [msgpack 1 <nil>]" })
		assert.Equal(t, bytes, here[others[1].SID])

		_, err = others[0].Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "lobby"})
		require.NoError(t, err)
		require.NoError(t, others[1].Send(&codec.Packet{Kind: codec.KindEnd, Code: "bye"}))
		follow(t, ann, here, func() bool { return len(here) == 1 })

		p, err = ann.Call(t.Context(), "lobby", "hawser:presence", map[string]bool{"watch": false})
		assert.Len(t, decode[members](t, ann, p, err).Members, 1)
		cyd := s.enters(token("cyd"))
		watches(t, cyd) // handled after its join, of which presence is the last part
		p, err = ann.Call(t.Context(), "lobby", "hawser:count", nil)
		assert.Equal(t, hawser.PresenceCount{Users: 2, Sessions: 2}, decode[hawser.PresenceCount](t, ann, p, err))
		_, err = s.Publish(t.Context(), "lobby", "last", nil)
		require.NoError(t, err)
		p, err = ann.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "last", p.Event, "it watches no more")
	})
}

func TestPresenceIsDeniedUnlessAllowed(t *testing.T) {
	s := newSite(t, hawser.Options{})
	asks := func(c *wiretest.Client, channel, event string, data any) string {
		p, err := c.Call(t.Context(), channel, event, data)
		require.NoError(t, err)
		return p.Code
	}
	events := []string{"hawser:presence", "hawser:count", "hawser:state", "hawser:enter"}
	with := s.Channel("with:{who}")
	with.OnJoin(allow)
	with.Presence(hawser.PresenceOptions{})
	s.Channel("without").OnJoin(allow)
	c := s.connect()
	for _, event := range events {
		assert.Equal(t, "forbidden", asks(c, "with:x", event, nil), "no member: %s", event)
		assert.Equal(t, "not_found", asks(c, "", event, nil), "no channel: %s", event)
	}
	for _, channel := range []string{"with:x", "without"} {
		_, err := c.Join(t.Context(), channel)
		require.NoError(t, err)
	}
	for _, event := range events {
		assert.Equal(t, "not_found", asks(c, "without", event, nil), event)
		assert.Equal(t, "forbidden", asks(c, "with:x", event, nil), event)
	}
	var asked []string
	with.OnPresence(func(c *hawser.Context) error {
		asked = append(asked, fmt.Sprint(c.Op(), " ", c.Event(), " ", c.Param("who")))
		if c.Event() == "hawser:count" {
			return nil
		}
		return hawser.ErrForbidden
	})
	assert.Equal(t, "forbidden", asks(c, "with:x", "hawser:presence", nil))
	assert.Empty(t, asks(c, "with:x", "hawser:count", nil))
	assert.Equal(t, "forbidden", asks(c, "with:x", "hawser:state", nil))
	assert.Equal(t, "forbidden", asks(c, "with:x", "hawser:enter", nil), "that is PresenceOptions.AllowData")
	assert.Equal(t, []string{"presence hawser:presence x", "presence hawser:count x", "presence hawser:state x"}, asked)

	assert.Panics(t, func() { with.Presence(hawser.PresenceOptions{}) })
	for _, name := range []string{"without", "nothing", ""} {
		_, err := s.Presence(name).Count(t.Context())
		require.ErrorIs(t, err, hawser.ErrNotFound)
		_, err = s.Presence(name).Users(t.Context())
		require.ErrorIs(t, err, hawser.ErrNotFound)
	}
}

func TestBadPresence(t *testing.T) {
	s, lobby := newLobby(t, hawser.Options{}, hawser.PresenceOptions{AllowData: true})
	var setting error
	lobby.OnCall("set", func(c *hawser.Context) error { setting = c.SetPresence(strings.Repeat("x", 5000)); return nil })
	s.OnCall("set", func(c *hawser.Context) error { setting = c.SetPresence(1); return nil })
	everyCodec := []codec.Codec{codec.JSON(), codec.MessagePack()}
	for _, own := range everyCodec {
		c := s.enters(with("websocket", own), token("ann"))
		for _, bad := range []struct {
			event string
			data  any
			code  string
		}{
			{"hawser:enter", map[string]any{"data": strings.Repeat("x", 5000)}, "payload_too_large"},
			{"hawser:enter", "no map", "bad_request"},
			{"hawser:enter", []byte("bytes"), "bad_request"},
			{"hawser:enter", map[string]any{"data": strings.Repeat("x", 4000)}, ""},
			{"hawser:presence", map[string]any{"watch": "maybe"}, "bad_request"},
			{"hawser:presence", []int{1}, "bad_request"},
			{"hawser:nothing", nil, "not_found"},
			{"set", nil, ""},
		} {
			p, err := c.Call(t.Context(), "lobby", bad.event, bad.data)
			require.NoError(t, err)
			assert.Equal(t, bad.code, p.Code, "%s %.20v: %s", bad.event, bad.data, p.Message)
		}
		require.ErrorIs(t, setting, &hawser.Error{Code: hawser.CodePayloadTooLarge})
		_, err := c.Call(t.Context(), "", "set", nil)
		require.NoError(t, err)
		require.ErrorIs(t, setting, hawser.ErrNotFound)
	}
	sessions, err := s.Presence("lobby").Sessions(t.Context())
	require.NoError(t, err)
	require.Len(t, sessions, 2)
	var shown string
	require.NoError(t, sessions[0].Bind(&shown))
	assert.Len(t, shown, 4000, "what did not fit changed nothing")

	lobby.OnJoin(func(c *hawser.Context) error { return c.SetPresence(strings.Repeat("x", 5000)) })
	p, err := s.connect().Join(t.Context(), "lobby")
	require.NoError(t, err)
	assert.Equal(t, "payload_too_large", p.Code)
	lobby.OnJoin(func(c *hawser.Context) error { return c.SetPresence(make(chan int)) })
	p, err = s.connect().Join(t.Context(), "lobby")
	require.NoError(t, err)
	assert.Equal(t, "bad_request", p.Code)
}

// A passenger is a session of another node.
type passenger string

func (p passenger) ID() string      { return string(p) }
func (p passenger) Connected() bool { return true }

// Silence tells nobody.
type silence struct{}

func (silence) Changed(string, presence.Diff, iter.Seq[presence.Watcher]) {}
func (silence) State(string, presence.State) func(presence.Watcher) bool {
	return func(presence.Watcher) bool { return true }
}

// newCrowd returns a lobby with ten thousand sessions of another node, who show so many bytes of themselves.
func newCrowd(t *testing.T, each int) *site {
	t.Helper()
	shared := brokermemory.New(brokermemory.Options{})
	s, _ := newLobby(t, hawser.Options{Broker: shared}, hawser.PresenceOptions{})
	elsewhere := presence.New(presence.Options{Leases: shared, Audience: silence{}})
	t.Cleanup(elsewhere.Close)
	data := []broker.Payload{{Codec: "json", Data: []byte(`"` + strings.Repeat("x", each) + `"`)}}
	for n := range 10_000 {
		require.NoError(t, elsewhere.Enter(t.Context(), "lobby", passenger(fmt.Sprintf("session-%08d", n)), fmt.Sprintf("user-%d", n), data))
	}
	return s
}

func TestPresenceOfACrowd(t *testing.T) {
	s := newCrowd(t, 10)
	assert.Len(t, watches(t, s.enters()), 10_001)
}

// A list is not paged: what does not fit into one packet is an error, which says what to do instead.
func TestPresenceOfACrowdThatShowsTooMuch(t *testing.T) {
	s := newCrowd(t, 100)
	c := s.enters()
	for _, payload := range []any{nil, map[string]bool{"watch": false}} {
		p, err := c.Call(t.Context(), "lobby", "hawser:presence", payload)
		require.NoError(t, err)
		assert.Equal(t, codec.KindError, p.Kind)
		assert.Equal(t, "payload_too_large", p.Code)
		assert.Contains(t, p.Message, "10001 sessions are too many")
		assert.Contains(t, p.Message, "hawser:count")
	}
	p, err := c.Call(t.Context(), "lobby", "hawser:count", nil)
	assert.Equal(t, hawser.PresenceCount{Users: 10_001, Sessions: 10_001}, decode[hawser.PresenceCount](t, c, p, err))
}

func TestPresenceOnTheServer(t *testing.T) {
	s, lobby := newLobby(t, hawser.Options{}, hawser.PresenceOptions{})
	lobby.OnJoin(func(c *hawser.Context) error { return c.SetPresence(say{c.User().ID}) })
	hawser.HandleCall(lobby, "away", func(c *hawser.Context, in say) (any, error) { return nil, c.SetPresence(in) })
	ann := s.enters(token("ann"))
	tab := s.enters(token("ann"))
	s.enters(token("bob"))
	s.enters()
	s.enters()
	_, err := tab.Call(t.Context(), "lobby", "away", say{"away"})
	require.NoError(t, err)

	users, err := s.Presence("lobby").Users(t.Context())
	require.NoError(t, err)
	var got []string
	for _, u := range users {
		line := u.ID
		for _, session := range u.Sessions {
			var shown say
			require.NoError(t, session.Bind(&shown))
			line += " " + shown.Text
			if session.ID == tab.SID {
				assert.Equal(t, "away", shown.Text)
			}
		}
		got = append(got, line)
	}
	require.Len(t, got, 4)
	assert.Equal(t, []string{" ", " "}, got[:2], "who is anonymous is somebody")
	assert.Contains(t, []string{"ann ann away", "ann away ann"}, got[2])
	assert.Equal(t, "bob bob", got[3])

	lobby.OnJoin(allow)
	_, err = ann.Join(t.Context(), "lobby")
	require.NoError(t, err)
	sessions, err := s.Presence("lobby").Sessions(t.Context())
	require.NoError(t, err)
	require.Len(t, sessions, 5, "joining again is no second time")
	for _, session := range sessions {
		var shown say
		require.NoError(t, session.Bind(&shown))
		assert.True(t, session.User == "" || shown.Text != "", "what it showed stays")
	}
	assert.True(t, s.session(ann).Leave("lobby", "banned", ""))
	n, err := s.Presence("lobby").Count(t.Context())
	require.NoError(t, err)
	assert.Equal(t, hawser.PresenceCount{Users: 4, Sessions: 4}, n)
}

// A mortal broker is a node's, and dies with it: what the node asks for then is lost.
type mortal struct {
	broker.Broker
	dead atomic.Bool
}

var errDead = errors.New("no broker")

func (m *mortal) Hold(ctx context.Context, group string, l broker.Lease, ttl time.Duration) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Broker.Hold(ctx, group, l, ttl)
}

func (m *mortal) Release(ctx context.Context, group, key string) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Broker.Release(ctx, group, key)
}

func TestPresenceOfTwoNodes(t *testing.T) {
	shared := brokermemory.New(brokermemory.Options{})
	defer func() { assert.NoError(t, shared.Close()) }()
	dies := &mortal{Broker: shared}
	short := hawser.PresenceOptions{Grace: 200 * time.Millisecond}
	a, _ := newLobby(t, hawser.Options{Broker: dies}, short)
	b, _ := newLobby(t, hawser.Options{Broker: shared}, short)

	ann, bob := a.enters(token("ann")), b.enters(token("bob"))
	for i, c := range []*wiretest.Client{ann, bob} {
		here := watches(t, c)
		follow(t, c, here, func() bool { return len(here) == 2 })
		n, err := []*site{a, b}[i].Presence("lobby").Count(t.Context())
		require.NoError(t, err)
		assert.Equal(t, hawser.PresenceCount{Users: 2, Sessions: 2}, n)
	}
	here := watches(t, bob)
	cyd := a.enters(token("cyd"))
	follow(t, bob, here, func() bool { return here[cyd.SID] == "cyd" })
	_, err := cyd.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "lobby"})
	require.NoError(t, err)
	follow(t, bob, here, func() bool { return len(here) == 2 })

	dies.dead.Store(true)
	follow(t, bob, here, func() bool { return len(here) == 1 })
	assert.Equal(t, map[string]string{bob.SID: "bob"}, here, "it left no ghosts")
}

func TestBlipIsNoLeaveAndWhoIsAwayIsGone(t *testing.T) {
	s, _ := newLobby(t, hawser.Options{}, hawser.PresenceOptions{Grace: 300 * time.Millisecond})
	ann, bob := s.enters(token("ann")), s.enters(token("bob"))
	here := watches(t, bob)
	follow(t, bob, here, func() bool { return len(here) == 2 })
	for range 5 {
		ann.Cut()
		require.NoError(t, ann.Connect(t.Context()))
	}
	ann.Cut()
	follow(t, bob, here, func() bool { return len(here) == 1 })
	require.NoError(t, ann.Connect(t.Context()))
	assert.Equal(t, 1, follow(t, bob, here, func() bool { return len(here) == 2 }))
	assert.Len(t, s.Sessions(), 2, "the session was there all the time")
}

// TestJoinStorm lets sessions join, each of which watches: it would be n² packets if each were told of each.
func TestJoinStorm(t *testing.T) {
	const n = 200
	s, _ := newLobby(t, hawser.Options{}, hawser.PresenceOptions{})
	clients := make([]*wiretest.Client, n)
	for i := range clients {
		clients[i] = s.connect(token(fmt.Sprint("user", i%20)))
	}
	began := time.Now()
	for _, c := range clients { // at once
		require.NoError(t, c.Send(
			&codec.Packet{Kind: codec.KindJoin, ID: c.ID(), Channel: "lobby"},
			&codec.Packet{Kind: codec.KindCall, ID: c.ID(), Channel: "lobby", Event: "hawser:presence"},
		))
	}
	packets, most := 0, 0
	for _, c := range clients {
		p, err := c.Answer(t.Context(), 2)
		here := map[string]string{}
		for _, m := range decode[members](t, c, p, err).Members {
			here[m[0].(string)] = m[1].(string)
		}
		got := follow(t, c, here, func() bool { return len(here) == n })
		packets += got
		most = max(most, got)
	}
	bound := int(time.Since(began)/(50*time.Millisecond)) + 1
	assert.LessOrEqual(t, most, bound)
	t.Logf("%d packets for %d members: at most %d each", packets, n, most)
	count, err := s.Presence("lobby").Count(t.Context())
	require.NoError(t, err)
	assert.Equal(t, hawser.PresenceCount{Users: 20, Sessions: n}, count)
}

// Who asks to be told and does not read, for more than its log takes, is reset; and joins again, and asks again.
func TestWatcherThatDoesNotKeepUpAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const others, tick = 50, 50 * time.Millisecond
		d := newDeck(t, func(o *hawser.Options) { o.Outgoing = session.Limits{UnsentBytes: 1 << 16} })
		room := d.Channel("room:{n}")
		room.OnJoin(func(c *hawser.Context) error { return c.SetPresence(strings.Repeat("x", 4000)) })
		room.Presence(hawser.PresenceOptions{})
		room.OnPresence(allow)
		slow := d.board(1)[0]
		asks := func(id int) { d.say(t, slow, fmt.Sprintf(`[33,%d,"room:1","hawser:presence"]`, id)) }
		kinds := func() (kinds []codec.Kind) {
			synctest.Wait()
			for packets, size := d.take(t, slow); size > 0; packets, size = d.take(t, slow) {
				for _, p := range packets {
					if p.Kind.Numbered() {
						kinds = append(kinds, p.Kind)
					}
				}
			}
			return kinds
		}
		asks(2)
		require.Equal(t, []codec.Kind{codec.KindReply}, kinds())

		for i := range others { // in two ticks: one packet is taken however big it is
			if i == 1 {
				time.Sleep(2 * tick)
			}
			d.connect(1 + i)
		}
		time.Sleep(2 * tick)
		require.Equal(t, []codec.Kind{codec.KindReset}, kinds())
		assert.EqualValues(t, 1, d.Stats().Resets)
		d.connect(1 + others)
		time.Sleep(2 * tick)
		assert.Empty(t, kinds(), "it is no member")

		d.say(t, slow, `[37,3,"room:1"]`)
		assert.Equal(t, []codec.Kind{codec.KindReply}, kinds(), "the session goes on")
		asks(4)
		assert.Equal(t, []codec.Kind{codec.KindReply}, kinds())
		d.connect(2 + others)
		time.Sleep(2 * tick)
		assert.Equal(t, []codec.Kind{codec.KindPresence}, kinds())
	})
}

func TestNothingIsLeftOfPresence(t *testing.T) {
	shared := brokermemory.New(brokermemory.Options{})
	defer func() { assert.NoError(t, shared.Close()) }()
	s, _ := newLobby(t, hawser.Options{Broker: shared, ResumeFor: 50 * time.Millisecond}, hawser.PresenceOptions{})
	for i := range 60 {
		c := s.enters(token("ann"), with([]string{"websocket", "sse", "poll"}[i%3], codec.JSON()))
		watches(t, c)
		sets(t, c, map[string]any{"key": "k", "value": 1})
		switch i % 4 {
		case 0:
			_, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "lobby"})
			require.NoError(t, err)
		case 1:
			s.session(c).Leave("lobby", "banned", "")
		case 2:
			require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindEnd, Code: "bye"}))
		default:
			c.Cut() // it expires
		}
	}
	n, err := s.Presence("lobby").Count(t.Context())
	require.NoError(t, err)
	assert.LessOrEqual(t, n.Sessions, 60)
	require.NoError(t, s.Shutdown(t.Context()))
	for _, group := range []string{"presence/lobby", "state/lobby"} {
		n, err := shared.CountHeld(t.Context(), group)
		require.NoError(t, err)
		assert.Zero(t, n, group)
	}
}

// A configured codec is one that cannot be compared, as an application may bring it.
type configured struct {
	codec.Codec
	_ map[string]bool
}

func TestPresenceInACodecThatCannotBeCompared(t *testing.T) {
	s, _ := newLobby(t, hawser.Options{Codecs: []codec.Codec{configured{Codec: codec.JSON()}}}, hawser.PresenceOptions{})
	ann, bob := s.enters(token("ann")), s.enters(token("bob"))
	for _, c := range []*wiretest.Client{ann, bob} {
		here := watches(t, c)
		follow(t, c, here, func() bool { return len(here) == 2 })
	}
	cyd := s.enters(token("cyd"))
	for _, c := range []*wiretest.Client{ann, bob} {
		here := map[string]string{}
		follow(t, c, here, func() bool { return here[cyd.SID] == "cyd" })
	}
}
