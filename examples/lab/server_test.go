package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// everywhere runs a test over each transport, in each codec, with a client whose token is "ann".
func everywhere(t *testing.T, test func(t *testing.T, c *wiretest.Client)) {
	for _, transport := range []string{"websocket", "sse", "poll"} {
		for _, encoding := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
			t.Run(transport+" "+encoding.Name(), func(t *testing.T) {
				rt := newLab(hawser.Options{})
				server := httptest.NewServer(rt)
				t.Cleanup(server.Close)
				c := &wiretest.Client{URL: server.URL + "/", HTTP: server.Client(), Transport: transport, Codec: encoding, Token: "ann"}
				t.Cleanup(c.Cut)
				t.Cleanup(func() { assert.NoError(t, rt.Shutdown(context.Background())) })
				require.NoError(t, c.Connect(t.Context()))
				test(t, c)
			})
		}
	}
}

// call calls, and decodes the answer.
func call[T any](t *testing.T, c *wiretest.Client, channel, name string, in any) (out T) {
	t.Helper()
	p, err := c.Call(t.Context(), channel, name, in)
	require.NoError(t, err)
	require.Empty(t, p.Code, p.Message)
	require.NoError(t, codec.Decode(c.Codec, p.Data, &out))
	return out
}

func TestLab(t *testing.T) {
	everywhere(t, func(t *testing.T, c *wiretest.Client) {
		assert.Equal(t, map[string]any{"a": "b"}, call[any](t, c, "", "echo", map[string]any{"a": "b"}))
		assert.Equal(t, []byte{0, 1, 2}, call[[]byte](t, c, "", "echo", []byte{0, 1, 2}))
		who := call[identity](t, c, "", "whoami", nil)
		assert.Equal(t, c.SID, who.Session)
		assert.Equal(t, "ann", who.User)
		assert.Contains(t, who.Transport, c.Transport)
		assert.Equal(t, c.Codec.Name(), who.Codec)

		p, err := c.Call(t.Context(), "", "boom", nil)
		require.NoError(t, err)
		assert.Equal(t, "internal", p.Code)

		call[struct{}](t, c, "", "slow", map[string]int{"ms": 1})
		id := c.ID()
		require.NoError(t, c.Send(
			&codec.Packet{Kind: codec.KindCall, ID: id, Event: "slow", Data: c.Payload(map[string]int{"ms": 600_000})},
			&codec.Packet{Kind: codec.KindCancel, ID: id}))
		p, err = c.Answer(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, "canceled", p.Code)

		want := []int{}
		for n := range 20 {
			require.NoError(t, c.Event("", "num", number{Run: "r", N: n}))
			want = append(want, n)
		}
		assert.Equal(t, map[string][]int{"list": want}, call[map[string][]int](t, c, "", "nums", number{Run: "r"}))

		call[struct{}](t, c, "", "ticks", ticks{Run: "r", Count: 20, Hz: 1000})
		for n := 1; n <= 20; n++ {
			p, err := c.Next(t.Context())
			require.NoError(t, err)
			var tick number
			require.NoError(t, codec.Decode(c.Codec, p.Data, &tick))
			assert.Equal(t, number{Run: "r", N: n}, tick)
		}

		id = c.ID()
		require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindCall, ID: id, Event: "ask", Data: c.Payload(question{"how?"})}))
		asked, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "answer", asked.Event)
		require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindReply, ID: asked.ID, Data: c.Payload("so")}))
		p, err = c.Answer(t.Context(), id)
		require.NoError(t, err)
		var answer string
		require.NoError(t, codec.Decode(c.Codec, p.Data, &answer))
		assert.Equal(t, "so", answer)
	})
}

func TestLabChannels(t *testing.T) {
	everywhere(t, func(t *testing.T, c *wiretest.Client) {
		p, err := c.Join(t.Context(), "locked:1")
		require.NoError(t, err)
		assert.Equal(t, "forbidden", p.Code)
		p, err = c.Join(t.Context(), "lab:1")
		require.NoError(t, err)
		require.Empty(t, p.Code)
		call[struct{}](t, c, "lab:1", "flood", flood{Event: "wave", Count: 50, Size: 100})
		for n := 1; n <= 50; n++ {
			p, err := c.Next(t.Context())
			require.NoError(t, err)
			var wave padded
			require.NoError(t, codec.Decode(c.Codec, p.Data, &wave))
			assert.Equal(t, fmt.Sprint("wave ", n, " ", n, " ", 100), fmt.Sprint(p.Event, " ", p.Offset, " ", wave.N, " ", len(wave.Pad)))
		}
	})
}

func TestLabChannelsThatKeep(t *testing.T) {
	everywhere(t, func(t *testing.T, c *wiretest.Client) {
		for _, name := range []string{"hist:1", "snap:1", "seen:1", "latest:1"} {
			p, err := c.Join(t.Context(), name)
			require.NoError(t, err)
			require.Empty(t, p.Code, name)
		}
		at := call[hawser.Position](t, c, "hist:1", "publish", item{N: 7})
		assert.EqualValues(t, 1, at.Offset)
		assert.Equal(t, added{N: 2, Total: 2}, call[added](t, c, "snap:1", "add", item{N: 2}))
		assert.Equal(t, added{N: 3, Total: 5}, call[added](t, c, "snap:1", "add", item{N: 3}))
		for _, want := range []string{"hist:1 item 1", "snap:1 added 1", "snap:1 added 2"} {
			p, err := c.Next(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, fmt.Sprint(p.Channel, " ", p.Event, " ", p.Offset))
		}
		kept := call[map[string]any](t, c, "hist:1", "hawser:history", nil)
		assert.Len(t, kept["messages"], 1)
	})
}

func TestLabRefusesABadToken(t *testing.T) {
	rt := newLab(hawser.Options{})
	server := httptest.NewServer(rt)
	defer server.Close()
	c := &wiretest.Client{URL: server.URL + "/", HTTP: server.Client(), Token: "bad"}
	var closed wiretest.CloseError
	require.ErrorAs(t, c.Connect(t.Context()), &closed)
	assert.Equal(t, "unauthorized", closed.Code)
	require.NoError(t, rt.Shutdown(context.Background()))
}
