package hawser_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	brokermemory "github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

func publish(t *testing.T, c *wiretest.Client, channel, event string, data codec.Payload) *codec.Packet {
	t.Helper()
	p, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindPublish, Channel: channel, Event: event, Data: data})
	require.NoError(t, err)
	return p
}

func TestPublishingByClients(t *testing.T) {
	s := newSite(t, hawser.Options{})
	room := s.Channel("room")
	room.OnJoin(allow)
	room.AllowPublish()
	inJSON, inMessagePack := s.connect(), s.connect(with("sse", codec.MessagePack()))
	at := joinAt(t, inJSON, "room", hawser.Position{})
	joinAt(t, inMessagePack, "room", hawser.Position{})

	for i, c := range []struct {
		from *wiretest.Client
		data codec.Payload
		want any
	}{
		{inJSON, codec.Payload{Raw: []byte(`{"a": [1, 2.5, "x"]}`)}, map[string]any{"a": []any{1.0, 2.5, "x"}}},
		{inMessagePack, inMessagePack.Payload(map[string]any{"n": 7}), map[string]any{"n": 7.0}},
		{inJSON, codec.Payload{Raw: []byte{0, 255}, Bytes: true}, []byte{0, 255}},
		{inMessagePack, codec.Payload{Raw: []byte{0, 255}, Bytes: true}, []byte{0, 255}},
		{inMessagePack, codec.Payload{}, nil},
	} {
		offset := uint64(i) + 1
		answer := decode[place](t, c.from, publish(t, c.from, "room", "said", c.data), nil)
		assert.Equal(t, hawser.Position{Epoch: at.Epoch, Offset: offset}, answer.position())
		for _, to := range []*wiretest.Client{inJSON, inMessagePack} {
			p, err := to.Next(t.Context())
			require.NoError(t, err)
			assert.Equal(t, codec.KindMessage, p.Kind)
			assert.Equal(t, offset, p.Offset)
			assert.Equal(t, "said", p.Event)
			assert.Equal(t, c.data.Bytes, p.Data.Bytes, "marked bytes stay bytes")
			assert.Equal(t, c.data.Absent(), p.Data.Absent())
			if to == c.from {
				assert.Equal(t, c.data.Raw, p.Data.Raw, "as it was")
			}
			var got any
			require.NoError(t, codec.Decode(to.Codec, p.Data, &got))
			if n, ok := got.(map[string]any); ok && to == inMessagePack {
				got = loosely(n)
			}
			assert.Equal(t, c.want, got)
		}
	}
}

// loosely makes float64 of integers.
func loosely(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = loosely(v[key])
		}
	case []any:
		for i := range v {
			v[i] = loosely(v[i])
		}
	case int64:
		return float64(v)
	}
	return v
}

func TestPublishingIsDeniedUnlessAllowed(t *testing.T) {
	s := newSite(t, hawser.Options{MaxPayload: 1000})
	closed, checked := s.Channel("closed"), s.Channel("checked:{n}")
	closed.OnJoin(allow)
	checked.OnJoin(allow)
	checked.AllowPublish(hawser.PublishIf(func(c *hawser.Context) error {
		assert.Equal(t, hawser.OpPublish, c.Op())
		assert.Equal(t, "publish", c.Op().String())
		var in say
		if err := c.Bind(&in); err != nil {
			return err
		}
		if in.Text == "panic" {
			panic(in.Text)
		}
		if in.Text != c.Param("n") || c.Event() != "say" {
			return hawser.Errorf("rude", "not here")
		}
		return nil
	}))
	var ops []string
	s.Use(func(next hawser.Handler) hawser.Handler {
		return func(c *hawser.Context) error { ops = append(ops, c.Op().String()); return next(c) }
	})
	c := s.connect(with("websocket", codec.MessagePack()))
	text := func(s string) codec.Payload { return c.Payload(say{s}) }
	assert.Equal(t, "forbidden", publish(t, c, "checked:1", "say", text("1")).Code, "one who is not a member")
	for _, name := range []string{"closed", "checked:1"} {
		joinAt(t, c, name, hawser.Position{})
	}
	for _, test := range []struct {
		name, channel, event string
		data                 codec.Payload
		code                 string
	}{
		{"where nobody may", "closed", "say", text("1"), "forbidden"},
		{"no such channel", "elsewhere", "say", text("1"), "forbidden"},
		{"no channel", "", "say", text("1"), "forbidden"},
		{"no event", "checked:1", "", text("1"), "bad_request"},
		{"a reserved event", "checked:1", "hawser:history", text("1"), "bad_request"},
		{"what the check refuses", "checked:1", "say", text("2"), "rude"},
		{"what does not fit", "checked:1", "say", codec.Payload{Raw: []byte{7}, Bytes: true}, "bad_request"},
		{"what JSON has no value for", "checked:1", "say", c.Payload(map[string]any{"text": "1", "n": math.NaN()}), "bad_request"},
		{"what is too large in JSON", "checked:1", "say", c.Payload(map[string]any{"text": "1", "b": make([]byte, 900)}), "payload_too_large"},
		{"a panic", "checked:1", "say", text("panic"), "internal"},
	} {
		assert.Equal(t, test.code, publish(t, c, test.channel, test.event, test.data).Code, test.name)
	}
	last := publishNumbers(t, s.Server, "checked:1", 1, 1)
	assert.EqualValues(t, 1, last.Offset, "nothing of that was published")
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "n", p.Event)
	assert.Empty(t, publish(t, c, "checked:1", "say", text("1")).Code)
	assert.Contains(t, strings.Join(ops, " "), "join publish", "middleware sees it")
}

func TestPublishingWithoutEcho(t *testing.T) {
	s := newSite(t, hawser.Options{})
	room := s.Channel("room")
	room.OnJoin(allow)
	room.History(hawser.HistoryOptions{})
	room.AllowPublish(hawser.WithoutEcho())
	a, b := s.connect(), s.connect()
	at := joinAt(t, a, "room", hawser.Position{}).position()
	joinAt(t, b, "room", hawser.Position{})
	require.Empty(t, publish(t, a, "room", "n", a.Payload(1)).Code)
	require.Empty(t, publish(t, b, "room", "n", b.Payload(2)).Code)
	assert.Equal(t, []string{"2=2"}, numbers(t, a, 1))
	assert.Equal(t, []string{"1=1"}, numbers(t, b, 1))
	assert.True(t, *joinAt(t, a, "room", at).Recovered)
	assert.Equal(t, []string{"2=2"}, numbers(t, a, 1), "nor when it comes back")
}

// Two nodes that share a broker are one to those who listen.
func TestTwoNodes(t *testing.T) {
	shared := brokermemory.New(brokermemory.Options{})
	here, there := newSite(t, hawser.Options{Broker: shared}), newSite(t, hawser.Options{Broker: shared, Codecs: []codec.Codec{codec.JSON()}})
	for _, s := range []*site{here, there} {
		room := s.Channel("room")
		room.OnJoin(allow)
		room.AllowPublish(hawser.WithoutEcho())
		room.History(hawser.HistoryOptions{})
	}
	a, b := here.connect(with("websocket", codec.MessagePack())), there.connect()
	at := joinAt(t, a, "room", hawser.Position{}).position()
	joinAt(t, b, "room", hawser.Position{})
	require.Empty(t, publish(t, a, "room", "n", a.Payload(1)).Code)
	require.Empty(t, publish(t, b, "room", "n", b.Payload(2)).Code)
	assert.Equal(t, []string{"2=2"}, numbers(t, a, 1), "also by one who does not speak its codec")
	assert.Equal(t, []string{"1=1"}, numbers(t, b, 1))
	publishNumbers(t, there.Server, "room", 3, 3)
	assert.Equal(t, []string{"3=3"}, numbers(t, a, 1))
	again := there.connect()
	assert.True(t, *joinAt(t, again, "room", at).Recovered, "a client may come back elsewhere")
	assert.Equal(t, []string{"1=1", "2=2", "3=3"}, numbers(t, again, 3))
}
