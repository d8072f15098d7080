package codec_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

type counted struct{ encoded *int }

func (c counted) MarshalJSON() ([]byte, error) { *c.encoded++; return []byte(`{"a":"<b>"}`), nil }

func TestEmbeddedIsWhatItWouldBeInPlace(t *testing.T) {
	values := []any{
		nil, true, "ü <b>", uint64(math.MaxUint64), -1.5, []byte{0, 1}, []int{1}, map[string]any{"k": []any{nil, "v"}},
		struct {
			N int `json:"n"`
		}{7},
	}
	type outer struct {
		Data any `json:"data,omitempty"`
	}
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		for _, v := range values {
			want, err := c.Marshal(outer{v})
			require.NoError(t, err)
			embedded, err := codec.Embeddable(c, v)
			require.NoError(t, err)
			got, err := c.Marshal(outer{embedded})
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s: %v", c.Name(), v)
		}
		_, err := codec.Embeddable(c, func() {})
		assert.Error(t, err)
	}
}

func TestEmbeddedRunsTheApplicationsCodeOnce(t *testing.T) {
	n := 0
	embedded, err := codec.Embeddable(codec.JSON(), counted{&n})
	require.NoError(t, err)
	raw, err := codec.JSON().Marshal([]any{embedded})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"a":"<b>"}]`, string(raw))
	assert.Equal(t, 1, n)
}
