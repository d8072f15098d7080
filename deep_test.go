package hawser_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// What is as deep as a packet may be does not fit into an answer that has it among others: it is refused, or nobody could read the channel any more.
func TestDeepPayloadsSpoilNothingForOthers(t *testing.T) {
	s := newSite(t, hawser.Options{})
	room := s.Channel("room")
	room.OnJoin(allow)
	room.OnHistory(allow)
	room.History(hawser.HistoryOptions{})
	room.AllowPublish()
	room.Presence(hawser.PresenceOptions{AllowData: true})
	room.OnPresence(allow)
	c, other := s.connect(), s.connect(with("websocket", codec.MessagePack()))
	joinAt(t, c, "room", hawser.Position{})
	joinAt(t, other, "room", hawser.Position{})
	for depth, code := range map[int]string{124: "", 125: "bad_request", 126: "bad_request"} {
		deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		assert.Equal(t, code, publish(t, c, "room", "deep", codec.Payload{Raw: []byte(deep)}).Code, depth)
		p, err := c.Call(t.Context(), "room", "hawser:enter", codec.Payload{Raw: []byte(`{"data":` + deep + `}`)})
		require.NoError(t, err)
		assert.Equal(t, code, p.Code, depth)
	}
	for _, service := range []string{"hawser:history", "hawser:presence"} {
		for _, member := range s.clients {
			p, err := member.Call(t.Context(), "room", service, map[string]int{})
			require.NoError(t, err)
			assert.Equal(t, codec.KindReply, p.Kind, service)
			assert.Greater(t, len(p.Data.Raw), 124, "with what is deep")
		}
	}
}
