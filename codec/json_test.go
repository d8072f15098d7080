package codec_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// A payload from elsewhere, a file say, may have been written for people.
func TestJSONPayloadOfManyLinesIsPutOnOne(t *testing.T) {
	p := codec.Packet{Kind: codec.KindEvent, Event: "e", Data: codec.Payload{Raw: []byte("{\r\n  \"a\": \"\\n\"\n}")}}
	frame, err := codec.JSON().AppendPacket(nil, &p)
	require.NoError(t, err)
	assert.Equal(t, `[32,"","e",{"a":"\n"}]`, string(frame))

	p.Data.Raw = []byte("{\n")
	_, err = codec.JSON().AppendPacket(nil, &p)
	assert.Error(t, err)
}

func TestJSONErrorSaysWhere(t *testing.T) {
	var p codec.Packet
	_, err := codec.JSON().NextPacket([]byte(`[32,"","e",{"a":?}]`), &p)
	assert.EqualError(t, err, `json: malformed packet at byte 16: '?' where a value should be`)
}

func TestJSONPayloadAliasesTheFrame(t *testing.T) {
	frame := []byte(`[32,"","e",123]`)
	var p codec.Packet
	_, err := codec.JSON().NextPacket(frame, &p)
	require.NoError(t, err)
	assert.Same(t, &frame[11], &p.Data.Raw[0])
	assert.Equal(t, 3, cap(p.Data.Raw), "appending to a payload must not write into the frame")
}

func TestJSONMarshalRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"NaN":         math.NaN(),
		"infinity":    math.Inf(-1),
		"a deep list": nested(codec.MaxDepth),
		"a function":  func() {},
	} {
		_, err := codec.JSON().Marshal(v)
		assert.Error(t, err, name)
	}
}

func nested(depth int) any {
	var v any = []any{}
	for range depth - 1 {
		v = []any{v}
	}
	return v
}

// Strings are checked eight bytes at a time: what ends one, or is wrong in it, is found wherever it stands.
func TestJSONStringFindsEachByte(t *testing.T) {
	for length := range 18 {
		for at := range length {
			for b := range 256 {
				text := bytes.Repeat([]byte{'x'}, length)
				text[at] = byte(b)
				raw := append(append([]byte{'"'}, text...), '"')
				_, err := codec.JSON().NextPacket(append(append([]byte(`[32,"","e",`), raw...), ']'), new(codec.Packet))
				good := json.Valid(raw) && b < utf8.RuneSelf
				require.Equal(t, good, err == nil, "%q", raw)
			}
		}
	}
}
