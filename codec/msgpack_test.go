package codec_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// The library allocates for what data claims; Unmarshal must not, whoever calls it.
func TestMessagePackLengthsAreNotTrusted(t *testing.T) {
	for name, data := range map[string]string{
		"a list of 2^32-1":          "ddffffffff",
		"a map of 2^32-1":           "dfffffffff",
		"a string of 2^32-1":        "dbffffffff",
		"a bin of 2^32-1":           "c6ffffffff",
		"an extension of 2^32-1":    "c9ffffffffff",
		"a list in a list":          "91dd7fffffff01",
		"100000 lists in another":   strings.Repeat("91", 100000) + "90",
		"100000 lists, cut short":   strings.Repeat("91", 100000),
		"100000 maps in each other": strings.Repeat("81a161", 100000) + "80",
	} {
		raw := inMessagePack.encoded(data)
		for _, target := range []any{
			new(any), new([]any), new(map[string]any), new([]string), new([]struct{ A [99]int }), new(map[string]int), new(string), new([]byte),
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := codec.MessagePack().Unmarshal(raw, target)
			runtime.ReadMemStats(&after)
			assert.Error(t, err, "%s into a %T", name, target)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "%s into a %T", name, target)
		}
	}
}

// What stands inside an extension is no value, although the library looks for maps there.
func TestMessagePackExtensionIsNoMap(t *testing.T) {
	for name, data := range map[string]string{
		"an unknown extension": "d73081dd00ffffff0100",
		"a timestamp":          "d7ff81dd00ffffff0100",
		"a map that fits":      "d5ff8080",
	} {
		for _, target := range []any{new(map[any]any), new(map[string]string), new(map[string]int)} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := codec.MessagePack().Unmarshal(inMessagePack.encoded(data), target)
			runtime.ReadMemStats(&after)
			assert.Error(t, err, "%s into a %T", name, target)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "%s into a %T", name, target)
		}
	}
}

func TestMessagePackUnmarshalNeverPanics(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		v    any
	}{
		"a list as key, typed":                      {"819001", new(map[any]int)},
		"a list as key, untyped":                    {"819001", new(any)},
		"a bin as key, untyped":                     {"81c4010001", new(any)},
		"a list as key in an any of a struct":       {"81a1418190c0", new(struct{ A any })},
		"a string into an interface with methods":   {"81a141a178", new(struct{ A fmt.Stringer })},
		"an extension that nobody knows":            {"d40100", new(any)},
		"a timestamp of 3 bytes":                    {"c703ff000000", new(any)},
		"a timestamp with too many nanoseconds":     {"d7ffffffffff00000000", new(any)},
		"an interned string of no dictionary":       {"d48000", new(any)},
		"an extension that nobody knows, in a list": {"91d40100", new([]any)},
		"more than one value":                       {"0101", new(any)},
		"nothing":                                   {"", new(any)},
		"into a nil pointer":                        {"01", (*any)(nil)},
		"into no pointer":                           {"01", 5},
		"into nothing":                              {"01", nil},
	} {
		assert.Error(t, codec.MessagePack().Unmarshal(inMessagePack.encoded(c.data), c.v), name)
	}
}

func TestMessagePackIntoAny(t *testing.T) {
	at := time.Unix(981173106, 0).UTC()
	sent := map[string]any{
		"small": 1, "byte": 200, "wide": uint64(1 << 40), "negative": -5, "huge": uint64(1 << 63), "float": float32(0.5),
		"bytes": []byte{0, 255}, "list": []any{[]byte{1}, nil, true}, "at": at, "counted": map[int]any{3: "x"},
	}
	want := map[string]any{
		"small": int64(1), "byte": int64(200), "wide": int64(1 << 40), "negative": int64(-5), "huge": uint64(1 << 63), "float": 0.5,
		"bytes": []byte{0, 255}, "list": []any{[]byte{1}, nil, true}, "at": at, "counted": map[any]any{int64(3): "x"},
	}
	raw := must(codec.MessagePack().Marshal(map[string]any{"any": sent}))

	var untyped any
	require.NoError(t, codec.MessagePack().Unmarshal(raw, &untyped))
	assert.Equal(t, map[string]any{"any": want}, untyped)

	var inStruct struct {
		Any any `json:"any"`
	}
	require.NoError(t, codec.MessagePack().Unmarshal(raw, &inStruct))
	assert.Equal(t, want, inStruct.Any)

	var list []any
	assert.Error(t, codec.MessagePack().Unmarshal(raw, &list))
}

func TestMessagePackMarshalRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"what is not UTF-8":  "\xff",
		"a key not in UTF-8": map[string]int{"\xff": 1},
		"a deep list":        nested(codec.MaxDepth),
		"a channel":          make(chan int),
		"a uintptr":          uintptr(1),
	} {
		_, err := codec.MessagePack().Marshal(v)
		assert.Error(t, err, name)
	}
}

func TestMessagePackBytesAliasTheFrame(t *testing.T) {
	p := codec.Packet{Kind: codec.KindEvent, Event: "e", Data: codec.Payload{Raw: []byte{7, 8}, Bytes: true}}
	frame := must(codec.MessagePack().AppendPacket(nil, &p))
	_, err := codec.MessagePack().NextPacket(frame, &p)
	require.NoError(t, err)
	assert.Same(t, &frame[len(frame)-3], &p.Data.Raw[0])
	assert.Equal(t, 2, cap(p.Data.Raw), "appending to a payload must not write into the frame")
}
