package codec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// plain is a codec that can do nothing but what it must.
type plain struct{ codec.Codec }

func TestLookup(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack(), plain{codec.JSON()}} {
		p, err := codec.Encode(c, map[string]any{"a": []any{uint64(1) << 60, nil}, "null": nil})
		require.NoError(t, err)
		want, err := c.Marshal([]any{uint64(1) << 60, nil})
		require.NoError(t, err)
		got, ok, err := codec.Lookup(c, p, "a")
		require.NoError(t, err)
		assert.True(t, ok)
		if _, lossy := c.(plain); !lossy {
			assert.Equal(t, want, got.Raw, "as it is encoded")
		}
		got, ok, err = codec.Lookup(c, p, "null")
		require.NoError(t, err)
		assert.True(t, ok)
		assert.False(t, got.Absent(), "null is a value")
		for _, without := range []codec.Payload{p, {}} {
			_, ok, err = codec.Lookup(c, without, "b")
			require.NoError(t, err)
			assert.False(t, ok)
		}

		list, err := codec.Encode(c, []int{1})
		require.NoError(t, err)
		_, ok, err = codec.Lookup(c, list, "a")
		require.Error(t, err)
		assert.False(t, ok)
		_, _, err = codec.Lookup(c, codec.Payload{Raw: []byte("{}"), Bytes: true}, "a")
		require.ErrorIs(t, err, codec.ErrNotBytes)
	}
}
