package hawser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

type state struct {
	Session string `json:"session"`
	Key     string `json:"key"`
	Value   any    `json:"value"`
	TTL     int64  `json:"ttl"`
}

// sets sends a state; a nil ttl leaves it out.
func sets(t *testing.T, c *wiretest.Client, data map[string]any) {
	t.Helper()
	p := &codec.Packet{Kind: codec.KindVolatile, Channel: "lobby", Event: "hawser:state", Data: c.Payload(data)}
	require.NoError(t, c.Raw(p))
}

func states(t *testing.T, c *wiretest.Client) [][]any {
	t.Helper()
	p, err := c.Call(t.Context(), "lobby", "hawser:state", nil)
	return decode[struct {
		States [][]any `json:"states"`
	}](t, c, p, err).States
}

func TestStatesEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s, _ := newLobby(t, hawser.Options{}, hawser.PresenceOptions{})
		ann := s.enters(with("websocket", codec.MessagePack()), token("ann"))
		bob := s.enters(over, token("bob"))
		watches(t, bob)
		shown := func() state {
			p, err := bob.Volatile(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "lobby hawser:state", p.Channel+" "+p.Event)
			return decode[state](t, bob, p, nil)
		}
		sets(t, ann, map[string]any{"key": "typing", "value": true, "ttl": 60000})
		got := shown()
		assert.Equal(t, state{ann.SID, "typing", true, got.TTL}, got)
		assert.LessOrEqual(t, got.TTL, int64(60000))
		assert.Greater(t, got.TTL, int64(50000))
		all := states(t, bob)
		require.Len(t, all, 1)
		assert.Equal(t, []any{ann.SID, "typing", true}, all[0][:3])
		assert.Empty(t, states(t, ann), "not one's own")

		sets(t, ann, map[string]any{"key": "typing"})
		got = shown()
		assert.Equal(t, state{ann.SID, "typing", nil, got.TTL}, got)
		assert.Empty(t, states(t, bob))
		sets(t, ann, map[string]any{"key": "cursor", "value": nil})
		assert.Equal(t, "cursor", shown().Key)
		all = states(t, bob)
		require.Len(t, all, 1)
		assert.Equal(t, []any{ann.SID, "cursor", nil}, all[0][:3], "null is a value")
		_, err := ann.Ask(t.Context(), codec.Packet{Kind: codec.KindLeave, Channel: "lobby"})
		require.NoError(t, err)
		assert.Empty(t, states(t, bob), "gone with its owner")
	})
}

func TestBadStates(t *testing.T) {
	s, lobby := newLobby(t, hawser.Options{}, hawser.PresenceOptions{})
	ann := s.enters(token("ann"))
	bob := s.enters(token("bob"))
	watches(t, bob)
	volatile := func(channel string, data any) {
		p := &codec.Packet{Kind: codec.KindVolatile, Channel: channel, Event: "hawser:state", Data: ann.Payload(data)}
		require.NoError(t, ann.Raw(p))
	}
	for _, bad := range []any{
		"no map", nil, []byte("bytes"), 1,
		map[string]any{"value": 1},
		map[string]any{"key": "", "value": 1},
		map[string]any{"key": 1, "value": 1},
		map[string]any{"key": "a\nb", "value": 1},
		map[string]any{"key": "a\x00b", "value": 1},
		map[string]any{"key": strings.Repeat("k", 256), "value": 1},
		map[string]any{"key": strings.Repeat("k", 100_000), "value": 1},
		map[string]any{"key": "k", "value": strings.Repeat("x", 1025)},
		map[string]any{"key": "k", "value": 1, "ttl": 0},
		map[string]any{"key": "k", "value": 1, "ttl": -1},
		map[string]any{"key": "k", "value": 1, "ttl": 60001},
		map[string]any{"key": "k", "value": 1, "ttl": 1 << 62},
		map[string]any{"key": "k", "value": 1, "ttl": "long"},
	} {
		volatile("lobby", bad)
	}
	for i := range 100 {
		volatile("lobby", map[string]any{"key": fmt.Sprint(i), "value": i, "ttl": 60000})
	}
	volatile("elsewhere", map[string]any{"key": "k", "value": 1})
	volatile("", map[string]any{"key": "k", "value": 1})
	_, err := ann.Call(t.Context(), "lobby", "hawser:count", nil)
	require.NoError(t, err, "all was handled, and the session goes on")
	all := states(t, bob)
	assert.Len(t, all, 16)
	for _, st := range all {
		assert.Equal(t, st[1], fmt.Sprint(st[2]))
	}

	lobby.AllowState(func(c *hawser.Context) error {
		var in state
		if err := c.Bind(&in); err != nil {
			return err
		}
		if in.Key != "typing" || c.Op() != hawser.OpState {
			return hawser.ErrForbidden
		}
		return nil
	})
	cyd := s.enters(token("cyd"))
	sets(t, cyd, map[string]any{"key": "cursor", "value": 1})
	sets(t, cyd, map[string]any{"key": "typing", "value": 1})
	_, err = cyd.Call(t.Context(), "lobby", "hawser:count", nil)
	require.NoError(t, err)
	assert.Len(t, states(t, bob), 17, "one of two")

	quiet := s.Channel("quiet")
	quiet.OnJoin(allow)
	quiet.AllowState()
	_, err = ann.Join(t.Context(), "quiet")
	require.NoError(t, err)
	volatile("quiet", map[string]any{"key": "k", "value": 1}) // without presence, nobody would see it
	still := s.Channel("still")
	still.OnJoin(allow)
	still.Presence(hawser.PresenceOptions{})
	still.OnPresence(allow)
	for _, c := range []*wiretest.Client{ann, bob} {
		_, err = c.Join(t.Context(), "still")
		require.NoError(t, err)
	}
	shown := func() int { // to bob, once all that ann has sent is handled
		volatile("still", map[string]any{"key": "k", "value": 1})
		_, err := ann.Call(t.Context(), "still", "hawser:count", nil)
		require.NoError(t, err)
		p, err := bob.Call(t.Context(), "still", "hawser:state", nil)
		return len(decode[struct{ States [][]any }](t, bob, p, err).States)
	}
	assert.Zero(t, shown(), "nobody may set states where nothing is said")
	still.AllowState()
	assert.Equal(t, 1, shown())
}
