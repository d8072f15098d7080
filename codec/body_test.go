package codec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// A strange codec is one that this package knows nothing of.
type strange struct{ codec.Codec }

func codecs() []codec.Codec {
	return []codec.Codec{codec.JSON(), codec.MessagePack(), strange{codec.JSON()}, strange{codec.MessagePack()}}
}

func TestBodiesAreWrittenAsMarshalEncodesThem(t *testing.T) {
	yes, no, accepted := true, false, uint64(0)
	for _, c := range codecs() {
		t.Run(fmt.Sprintf("%T %s", c, c.Name()), func(t *testing.T) {
			for _, w := range []codec.Welcome{
				{},
				{V: 1, SID: "s", Key: `a "key"`, Recv: codec.MaxInt, Active: true, Resumed: true, Heartbeat: 25000, ResumeFor: 120000,
					Limits: codec.Limits{Frame: 1 << 20}, Generation: 7, Accepted: &accepted},
				{SID: strings.Repeat("long", 100), Key: "\u00e9\n\u0001"},
			} {
				want, err := c.Marshal(w)
				require.NoError(t, err)
				got, err := codec.AppendWelcome(c, []byte("before"), &w)
				require.NoError(t, err)
				assert.Equal(t, "before"+string(want), string(got))
			}
			embed := func(v any) any {
				embedded, err := codec.Embeddable(c, v)
				require.NoError(t, err)
				return embedded
			}
			for _, j := range []codec.Joined{
				{},
				{Epoch: "e", Offset: 1 << 40, Recovered: &yes},
				{Epoch: "e", Recovered: &no, Data: embed(map[string]any{"text": "hi\n"}), Snapshot: embed([]int{1, 2})},
				{Epoch: "e", Data: embed(nested(codec.MaxDepth - 4))},
				{Epoch: "e", Data: 5},
			} {
				want, err := c.Marshal(j)
				require.NoError(t, err)
				got, err := codec.AppendJoined(c, []byte("before"), &j)
				require.NoError(t, err)
				assert.Equal(t, "before"+string(want), string(got))
			}
		})
	}
}

// What an application embeds may be deeper than there is room for where it is put.
func TestBodiesNestNoDeeperThanAPacketMay(t *testing.T) {
	for _, c := range codecs() {
		data, err := codec.Embeddable(c, nested(codec.MaxDepth-1))
		require.NoError(t, err)
		_, err = codec.AppendJoined(c, nil, &codec.Joined{Data: data})
		assert.Error(t, err)
	}
}
