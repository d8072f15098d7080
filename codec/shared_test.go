package codec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// What may be shared fits where it is asked for; a level more, and it would not.
func TestSharedPayloadsFitIntoAnswers(t *testing.T) {
	nested := func(n int) codec.Encoded {
		return codec.Encoded{Codec: codec.JSON(), Payload: codec.Payload{Raw: []byte(strings.Repeat("[", n) + strings.Repeat("]", n))}}
	}
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		for depth := 100; depth < codec.MaxDepth; depth++ {
			encoded, err := codec.Transcode(nested(depth).Payload, codec.JSON(), c)
			require.NoError(t, err, "a packet has room for it")
			value, err := codec.Embed(c, encoded.Raw)
			require.NoError(t, err)
			_, inAnswer := codec.Encode(c, map[string]any{"messages": []any{[]any{1, "e", value}}})
			_, err = codec.EncodeShared(c, nested(depth))
			assert.Equal(t, inAnswer == nil, err == nil, "%s, %d deep: %v, %v", c.Name(), depth, inAnswer, err)
			_, err = codec.EncodeShared(c, value)
			assert.Equal(t, inAnswer == nil, err == nil, fmt.Sprint(depth))
		}
		p, err := codec.EncodeShared(c, make([]byte, 1000))
		require.NoError(t, err)
		assert.True(t, p.Bytes)
	}
}
