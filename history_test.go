package hawser_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	brokermemory "github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// A place is what a join is answered with.
type place struct {
	Epoch     string `json:"epoch"`
	Offset    uint64 `json:"offset"`
	Recovered *bool  `json:"recovered"`
	Data      any    `json:"data"`
	Snapshot  any    `json:"snapshot"`
}

func (p place) position() hawser.Position { return hawser.Position{Epoch: p.Epoch, Offset: p.Offset} }

// joinAt joins from a position.
func joinAt(t *testing.T, c *wiretest.Client, channel string, at hawser.Position) place {
	t.Helper()
	p, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindJoin, Channel: channel, Epoch: at.Epoch, Offset: at.Offset})
	return decode[place](t, c, p, err)
}

// publishNumbers publishes from..to, each as event "n".
func publishNumbers(t *testing.T, s *hawser.Server, channel string, from, to int) (last hawser.Position) {
	t.Helper()
	for n := from; n <= to; n++ {
		var err error
		last, err = s.Publish(t.Context(), channel, "n", n)
		require.NoError(t, err)
	}
	return last
}

// numbers takes the next n messages, and returns their offsets with their data.
func numbers(t *testing.T, c *wiretest.Client, n int) (got []string) {
	t.Helper()
	for range n {
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, codec.KindMessage, p.Kind, p)
		got = append(got, fmt.Sprint(p.Offset, "=", decode[int](t, c, p, nil)))
	}
	return got
}

func TestRecovery(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s := newSite(t, hawser.Options{})
		room := s.Channel("room:{n}")
		room.OnJoin(allow)
		room.History(hawser.HistoryOptions{Size: 4})
		c := s.connect(over)
		at := joinAt(t, c, "room:1", hawser.Position{})
		assert.Nil(t, at.Recovered, "no position was named")
		publishNumbers(t, s.Server, "room:1", 1, 2)
		assert.Equal(t, []string{"1=1", "2=2"}, numbers(t, c, 2))
		seen := hawser.Position{Epoch: at.Epoch, Offset: 2}

		publishNumbers(t, s.Server, "room:1", 3, 5)
		again := s.connect(over) // a session of its own: the page was loaded again
		back := joinAt(t, again, "room:1", seen)
		require.NotNil(t, back.Recovered)
		assert.True(t, *back.Recovered)
		assert.Equal(t, seen, back.position(), "what follows follows that")
		last := publishNumbers(t, s.Server, "room:1", 6, 6)
		assert.Equal(t, []string{"3=3", "4=4", "5=5", "6=6"}, numbers(t, again, 4))

		assert.True(t, *joinAt(t, again, "room:1", last).Recovered, "nothing was missed")
		assert.True(t, *joinAt(t, again, "room:1", hawser.Position{Epoch: at.Epoch, Offset: 3}).Recovered, "a member may go back, too")
		assert.Equal(t, []string{"4=4", "5=5", "6=6"}, numbers(t, again, 3))
		last = publishNumbers(t, s.Server, "room:1", 7, 7)
		assert.Equal(t, []string{"7=7"}, numbers(t, again, 1), "and is a member once")

		for name, useless := range map[string]hawser.Position{
			"another epoch": {Epoch: "another", Offset: 5},
			"malformed":     {Epoch: strings.Repeat("\u0000", 1000), Offset: 1 << 52},
			"the future":    {Epoch: at.Epoch, Offset: 8},
			"far away":      {Epoch: at.Epoch, Offset: codec.MaxInt},
			"too old":       {Epoch: at.Epoch, Offset: 2},
		} {
			back := joinAt(t, again, "room:1", useless)
			require.NotNil(t, back.Recovered, name)
			assert.False(t, *back.Recovered, name)
			assert.Equal(t, last, back.position(), name)
		}
		publishNumbers(t, s.Server, "room:1", 8, 8)
		assert.Equal(t, []string{"8=8"}, numbers(t, again, 1))
	})
}

func TestRecoveryWithoutHistory(t *testing.T) {
	s := newSite(t, hawser.Options{})
	s.Channel("room").OnJoin(allow)
	c := s.connect()
	at := joinAt(t, c, "room", hawser.Position{}).position()
	assert.True(t, *joinAt(t, s.connect(), "room", at).Recovered, "nothing was missed")
	last := publishNumbers(t, s.Server, "room", 1, 1)
	assert.False(t, *joinAt(t, s.connect(), "room", at).Recovered)
	assert.True(t, *joinAt(t, s.connect(), "room", last).Recovered)
}

// What is far more than a session may have waiting comes in pieces: after each a reset, from which the client goes on.
func TestRecoveryOfMuchDoesNotOverflow(t *testing.T) {
	s := newSite(t, hawser.Options{})
	room := s.Channel("room:{n}")
	room.OnJoin(allow)
	room.History(hawser.HistoryOptions{Size: 3000})
	const messages, channels = 3000, 3
	c := s.connect()
	epochs := map[string]string{}
	for i := range channels {
		name := fmt.Sprint("room:", i)
		epochs[name] = joinAt(t, c, name, hawser.Position{}).Epoch
		_, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: name})
		require.NoError(t, err)
		for range messages {
			_, err := s.Publish(t.Context(), name, "big", []byte(strings.Repeat("x", 2000)))
			require.NoError(t, err)
		}
	}
	at := map[string]uint64{}
	resets := 0
	for name, epoch := range epochs { // all at once
		require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindJoin, ID: c.ID(), Channel: name, Epoch: epoch}))
	}
	for done := 0; done < channels; {
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		switch p.Kind {
		case codec.KindReply:
			require.True(t, *decode[place](t, c, p, nil).Recovered)
		case codec.KindMessage:
			at[p.Channel]++
			require.Equal(t, at[p.Channel], p.Offset, "each once and in order")
			if p.Offset == messages {
				done++
			}
			if p.Offset%100 == 0 {
				require.NoError(t, c.Ack())
			}
		case codec.KindReset:
			resets++
			require.NoError(t, c.Send(&codec.Packet{
				Kind: codec.KindJoin, ID: c.ID(), Channel: p.Channel, Epoch: epochs[p.Channel], Offset: at[p.Channel],
			}))
		default:
			require.Fail(t, "unexpected", "%v %s %s", p.Kind, p.Code, p.Message)
		}
	}
	assert.Positive(t, resets)
	t.Log(resets, "resets")
}

// A client that leaves, is removed, or whose session ends in the middle of a recovery leaves nothing behind, and hears of the channel no more.
func TestLeavingInTheMiddleOfARecovery(t *testing.T) {
	leaves := func(s *site, c *wiretest.Client) {
		_, err := c.Ask(s.t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "room"})
		require.NoError(s.t, err)
	}
	removed := func(s *site, c *wiretest.Client) { assert.True(s.t, s.session(c).Leave("room", "banned", "")) }
	ends := func(s *site, c *wiretest.Client) { s.session(c).End("closed", "") }
	for name, test := range map[string]struct {
		leave func(*site, *wiretest.Client)
		lives bool
	}{"leaves": {leaves, true}, "removed": {removed, true}, "the session ends": {ends, false}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, hawser.Options{})
			for _, name := range []string{"room", "other"} {
				room := s.Channel(name)
				room.OnJoin(allow)
				room.History(hawser.HistoryOptions{Size: 3000})
			}
			before := publishNumbers(t, s.Server, "room", 1, 1)
			for range 3000 { // which is more than may wait for a client
				_, err := s.Publish(t.Context(), "room", "big", []byte(strings.Repeat("x", 2000)))
				require.NoError(t, err)
			}
			c := s.connect()
			session := s.session(c)
			require.True(t, *joinAt(t, c, "room", before).Recovered)
			p, err := c.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, before.Offset+1, p.Offset)

			test.leave(s, c)
			publishNumbers(t, s.Server, "room", 2, 3)
			assert.Zero(t, s.Members("room"))
			assert.Empty(t, session.Channels())
			if !test.lives {
				return
			}
			joinAt(t, c, "other", hawser.Position{})
			publishNumbers(t, s.Server, "other", 7, 7)
			for p.Channel != "other" { // all that comes of the recovery is of before
				p, err = c.Next(t.Context())
				require.NoError(t, err)
				require.NotEqual(t, "room n", p.Channel+" "+p.Event)
				require.NoError(t, c.Ack())
			}
			assert.Equal(t, 1, s.Members("other"))
		})
	}
}

// A page is the answer to hawser:history.
type page struct {
	Epoch    string  `json:"epoch"`
	Messages [][]any `json:"messages"`
	More     bool    `json:"more"`
}

func TestHistoryForClients(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		t.Run(c.Name(), func(t *testing.T) {
			s := newSite(t, hawser.Options{})
			room := s.Channel("room:{n}")
			room.OnJoin(allow)
			room.History(hawser.HistoryOptions{Size: 150})
			room.OnHistory(func(c *hawser.Context) error {
				assert.Equal(t, hawser.OpHistory, c.Op())
				if c.Param("n") == "2" {
					return hawser.ErrForbidden
				}
				return nil
			})
			closed := s.Channel("closed")
			closed.OnJoin(allow)
			closed.History(hawser.HistoryOptions{})
			client := s.connect(with("websocket", c))
			ask := func(channel string, data any) (*codec.Packet, error) {
				return client.Call(t.Context(), channel, "hawser:history", data)
			}
			p, err := ask("room:1", nil)
			require.NoError(t, err)
			assert.Equal(t, "forbidden", p.Code, "for members")
			for _, name := range []string{"room:1", "room:2", "closed"} {
				joinAt(t, client, name, hawser.Position{})
			}
			for _, name := range []string{"room:2", "closed"} {
				p, err = ask(name, nil)
				require.NoError(t, err)
				assert.Equal(t, "forbidden", p.Code, name)
			}
			p, err = ask("room:1", nil)
			empty := decode[page](t, client, p, err)
			assert.Empty(t, empty.Messages)
			assert.NotNil(t, empty.Messages, "a list, in any language")
			assert.False(t, empty.More)

			last := publishNumbers(t, s.Server, "room:1", 1, 120)
			p, err = ask("room:1", nil)
			latest := decode[page](t, client, p, err)
			assert.Equal(t, last.Epoch, latest.Epoch)
			assert.True(t, latest.More)
			require.Len(t, latest.Messages, 100)
			assert.EqualValues(t, 21, latest.Messages[0][0])
			assert.Equal(t, "n", latest.Messages[0][1])
			assert.EqualValues(t, 21, latest.Messages[0][2])
			p, err = ask("room:1", map[string]any{"epoch": latest.Epoch, "before": 21, "limit": 15})
			before := decode[page](t, client, p, err)
			require.Len(t, before.Messages, 15)
			assert.EqualValues(t, 6, before.Messages[0][0])
			assert.True(t, before.More)
			p, err = ask("room:1", map[string]any{"epoch": latest.Epoch, "before": 6, "limit": 100})
			first := decode[page](t, client, p, err)
			assert.Len(t, first.Messages, 5)
			assert.False(t, first.More)

			for name, bad := range map[string]any{
				"a limit of more than allowed": map[string]any{"limit": 101},
				"a limit of nothing":           map[string]any{"limit": 0},
				"a negative limit":             map[string]any{"limit": -1},
				"another epoch":                map[string]any{"epoch": "another"},
				"before the first":             map[string]any{"before": 0},
				"a limit in words":             map[string]any{"limit": "ten"},
				"no object":                    "latest",
			} {
				p, err = ask("room:1", bad)
				require.NoError(t, err)
				assert.Equal(t, "bad_request", p.Code, name)
			}
			p, err = client.Call(t.Context(), "room:1", "hawser:nonsense", nil)
			require.NoError(t, err)
			assert.Equal(t, "not_found", p.Code)
		})
	}
}

func TestHistoryOfBytesAndNothing(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		s := newSite(t, hawser.Options{})
		room := s.Channel("room")
		room.OnJoin(allow)
		room.History(hawser.HistoryOptions{})
		room.OnHistory(allow)
		client := s.connect(with("websocket", c))
		joinAt(t, client, "room", hawser.Position{})
		for _, data := range []any{[]byte{1, 2}, nil, []any{nil, "x"}} {
			_, err := s.Publish(t.Context(), "room", "e", data)
			require.NoError(t, err)
		}
		p, err := client.Call(t.Context(), "room", "hawser:history", nil)
		got := decode[page](t, client, p, err).Messages
		require.Len(t, got, 3)
		require.Len(t, got[0], 4)
		if c.Binary() {
			assert.Contains(t, string(p.Data.Raw), "\xc4\x02\x01\x02", "as bytes")
		} else {
			assert.Equal(t, "AQI=", got[0][2])
		}
		assert.EqualValues(t, 1, got[0][3], "the mark")
		assert.Len(t, got[1], 2)
		assert.Equal(t, []any{nil, "x"}, got[2][2])
	}
}

// A page takes no more than a packet may; what does not fit comes with the next.
func TestHistoryOfLargeMessages(t *testing.T) {
	s := newSite(t, hawser.Options{MaxPayload: 10_000})
	room := s.Channel("room")
	room.OnJoin(allow)
	room.History(hawser.HistoryOptions{})
	room.OnHistory(allow)
	client := s.connect()
	joinAt(t, client, "room", hawser.Position{})
	for n := range 10 {
		_, err := s.Publish(t.Context(), "room", "e", strings.Repeat(fmt.Sprint(n), 3000))
		require.NoError(t, err)
	}
	var got []string
	for before := any(nil); ; {
		p, err := client.Call(t.Context(), "room", "hawser:history", map[string]any{"before": before})
		page := decode[page](t, client, p, err)
		require.Len(t, page.Messages, min(3, 10-len(got)))
		for i := range page.Messages {
			got = append(got, page.Messages[len(page.Messages)-1-i][2].(string)[:1])
		}
		before = page.Messages[0][0]
		if !page.More {
			break
		}
	}
	assert.Equal(t, "9876543210", strings.Join(got, ""))
	_, err := s.Publish(t.Context(), "room", "e", strings.Repeat("x", 9900))
	require.NoError(t, err)
	p, err := client.Call(t.Context(), "room", "hawser:history", nil)
	require.NoError(t, err)
	assert.Equal(t, "payload_too_large", p.Code)
	assert.Contains(t, p.Message, "message 11")
}

func TestHistoryOnTheServer(t *testing.T) {
	s := newSite(t, hawser.Options{})
	s.Channel("room").History(hawser.HistoryOptions{Size: 3, Age: -1})
	began := time.Now()
	last := publishNumbers(t, s.Server, "room", 1, 5)
	page, err := s.History(t.Context(), "room", hawser.HistoryQuery{})
	require.NoError(t, err)
	assert.Equal(t, last, page.At)
	require.Len(t, page.Messages, 3)
	for i, m := range page.Messages {
		var n int
		require.NoError(t, m.Bind(&n))
		assert.Equal(t, i+3, n)
		assert.EqualValues(t, n, m.Offset)
		assert.Equal(t, "n", m.Event)
		assert.WithinRange(t, m.At, began, time.Now())
	}
	page, err = s.History(t.Context(), "room", hawser.HistoryQuery{After: hawser.Position{Epoch: last.Epoch, Offset: 3}, Limit: 1})
	require.NoError(t, err)
	assert.True(t, page.More)
	require.Len(t, page.Messages, 1)
	assert.EqualValues(t, 4, page.Messages[0].Offset)
	_, err = s.History(t.Context(), "room", hawser.HistoryQuery{After: hawser.Position{Epoch: last.Epoch, Offset: 1}})
	var useless *hawser.PositionError
	require.ErrorAs(t, err, &useless)
	assert.Equal(t, last, useless.At)
	_, err = s.History(t.Context(), "", hawser.HistoryQuery{})
	require.Error(t, err)
}

// A position that a client saved is of no use once its channel was forgotten, and says so, also where the new numbering has come as far.
func TestPositionInAChannelThatWasForgotten(t *testing.T) {
	s := newSite(t, hawser.Options{Broker: brokermemory.New(brokermemory.Options{IdleChannels: 1})})
	room := s.Channel("room:{n}")
	room.OnJoin(allow)
	room.History(hawser.HistoryOptions{})
	room.OnSnapshot(func(*hawser.Context) (any, error) { return "all of it", nil })
	c := s.connect()
	joinAt(t, c, "room:1", hawser.Position{})
	saved := publishNumbers(t, s.Server, "room:1", 1, 3)
	numbers(t, c, 3)
	_, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "room:1"})
	require.NoError(t, err)
	for i := range 1000 { // so many that some are where it is
		publishNumbers(t, s.Server, fmt.Sprint("room:other", i), 1, 1)
	}
	now := publishNumbers(t, s.Server, "room:1", 4, 7)
	require.NotEqual(t, saved.Epoch, now.Epoch, "it was forgotten")
	back := joinAt(t, c, "room:1", saved)
	require.NotNil(t, back.Recovered)
	assert.False(t, *back.Recovered)
	assert.Equal(t, now, back.position())
	assert.Equal(t, "all of it", back.Snapshot)
}
