package hawser_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// TestValuesTravelThroughASession sends each payload of the type table through a session, in both codecs: undecoded it comes back as it went.
func TestValuesTravelThroughASession(t *testing.T) {
	var vectors struct {
		Values []struct {
			Name    string
			JSON    *struct{ Text string }
			MsgPack *struct{ Hex string }
		}
	}
	file, err := os.ReadFile("docs/vectors/values.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(file, &vectors))
	require.NotEmpty(t, vectors.Values)

	s := newSite(t, hawser.Options{})
	s.OnCall("echo", func(c *hawser.Context) error {
		var decoded any
		if err := c.Bind(&decoded); err != nil { // it can be decoded
			return err
		}
		var payload codec.Payload // and passed on
		err := c.Bind(&payload)
		c.Reply(payload)
		return err
	})
	inJSON, inMsgPack := s.connect(with("websocket", codec.JSON())), s.connect(with("sse", codec.MessagePack()))
	for _, v := range vectors.Values {
		t.Run(v.Name, func(t *testing.T) {
			if v.JSON != nil {
				p, err := inJSON.Call(t.Context(), "", "echo", codec.Payload{Raw: []byte(v.JSON.Text)})
				require.NoError(t, err)
				assert.Equal(t, v.JSON.Text, string(p.Data.Raw), p.Message)
			}
			if v.MsgPack != nil {
				raw, err := hex.DecodeString(v.MsgPack.Hex)
				require.NoError(t, err)
				p, err := inMsgPack.Call(t.Context(), "", "echo", codec.Payload{Raw: raw})
				require.NoError(t, err)
				assert.Equal(t, raw, p.Data.Raw, p.Message)
			}
		})
	}
}

func TestAbsentPayloadIsNotNull(t *testing.T) {
	s := newSite(t, hawser.Options{})
	hawser.HandleCall(s, "typed", func(_ *hawser.Context, in *say) (bool, error) { return in == nil, nil })
	s.OnCall("absent", func(*hawser.Context) error { return nil })
	c := s.connect()
	p, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindCall, Event: "absent"})
	require.NoError(t, err)
	assert.True(t, p.Data.Absent())
	for _, payload := range []codec.Payload{{}, {Raw: []byte("null")}} {
		p, err = c.Call(t.Context(), "", "typed", payload)
		assert.True(t, decode[bool](t, c, p, err))
	}
}
