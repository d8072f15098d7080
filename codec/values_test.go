package codec_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type valueVectors struct {
	Values  []valueVector  `json:"values"`
	Refused []refusedValue `json:"refused"`
}

type valueVector struct {
	Name    string        `json:"name"`
	Go      goValue       `json:"go"`
	JSON    *encodedValue `json:"json,omitempty"`
	MsgPack *encodedValue `json:"msgpack,omitempty"`
}

type goValue struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type encodedValue struct {
	Text      string          `json:"text,omitempty"`
	Hex       string          `json:"hex,omitempty"`
	EncodedBy []string        `json:"encodedBy"`
	GoAny     string          `json:"goAny"`
	JS        json.RawMessage `json:"js"`
}

type refusedValue struct {
	Name  string          `json:"name"`
	Codec string          `json:"codec"`
	JS    json.RawMessage `json:"js"`
	Only  string          `json:"only,omitempty"`
}

type inlined struct {
	A int `json:"a"`
}

// goValues are the values that values.json can only tell of.
var goValues = map[string]any{
	"nil":                      nil,
	"true":                     true,
	"false":                    false,
	"an integer of 2^53+1":     int64(1<<53 + 1),
	"the lowest int64":         int64(math.MinInt64),
	"the highest int64":        int64(math.MaxInt64),
	"the highest uint64":       uint64(math.MaxUint64),
	"a fraction":               0.1,
	"a negative fraction":      -1.5,
	"a large float":            1e300,
	"a float32":                float32(0.5),
	"NaN":                      math.NaN(),
	"infinity":                 math.Inf(1),
	"minus infinity":           math.Inf(-1),
	"an empty string":          "",
	"a string":                 "äöü 日本 👍",
	"a string of 32 bytes":     strings.Repeat("x", 32),
	"a string of 256 bytes":    strings.Repeat("x", 256),
	"an empty slice":           []int{},
	"a slice":                  []int{1, 2, 300},
	"a nil slice":              []int(nil),
	"a slice of 16":            make([]bool, 16),
	"an array":                 [2]string{"a", "b"},
	"a nil pointer":            (*struct{})(nil),
	"an empty map":             map[string]int{},
	"a time in whole seconds":  time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC),
	"a time with milliseconds": time.Date(2001, 2, 3, 4, 5, 6, 7e6, time.UTC),
	"a time with nanoseconds, which Date has none of": time.Date(2001, 2, 3, 4, 5, 6, 7e6+8, time.UTC),
	"a time before 1970":                              time.Date(1969, 12, 31, 23, 59, 59, 5e8, time.UTC),
	"a time after 2514":                               time.Date(2600, 1, 1, 0, 0, 0, 0, time.UTC),
	"a float that is an integer":                      1.0,
	"a string with what HTML escapes":                 "</b>&",
	"a string with control characters":                "\x00\n\x7f",
	"a map with strings as keys":                      map[string]int{"k": 1},
	"a map with integers as keys":                     map[int]string{7: "x"},
	"a duration, in nanoseconds":                      time.Second,
	"bytes in a structure": struct {
		B []byte `json:"b"`
	}{[]byte{0, 255}},
	"a struct": struct {
		Text   string `json:"text"`
		N      int    `json:"n"`
		Empty  string `json:"empty,omitempty"`
		Hidden string `json:"-"`
	}{Text: "hi", N: 1},
	"a struct with an integer as string": struct {
		ID int64 `json:"id,string"`
	}{1<<53 + 1},
	"an embedded struct": struct {
		inlined
		B int `json:"b"`
	}{inlined{1}, 2},
}

// integers are the edges of the forms that MessagePack has for them; values.json calls each by its number.
var integers = []int64{
	0, 127, 128, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<53 - 1,
	-1, -32, -33, -128, -129, -1 << 15, -1<<15 - 1, -1 << 31, -1<<31 - 1, -1<<53 + 1,
}

func goValueNamed(name string) (value any, known bool) {
	for _, n := range integers {
		if name == fmt.Sprintf("the integer %d", n) {
			return n, true
		}
	}
	value, known = goValues[name]
	return value, known
}

func TestValueVectors(t *testing.T) {
	var file valueVectors
	load(t, "values.json", &file)
	if *update {
		for _, v := range file.Values {
			value, _ := goValueNamed(v.Name)
			if v.JSON != nil && slices.Contains(v.JSON.EncodedBy, "go") {
				v.JSON.Text = string(must(inJSON.codec.Marshal(value)))
			}
			if v.MsgPack != nil && slices.Contains(v.MsgPack.EncodedBy, "go") {
				v.MsgPack.Hex = inMessagePack.text(must(inMessagePack.codec.Marshal(value)))
			}
		}
		save(t, "values.json", "values", file.Values, "refused", file.Refused)
	}
	assert.Len(t, file.Values, len(goValues)+len(integers))
	for _, v := range file.Values {
		t.Run(v.Name, func(t *testing.T) {
			value, known := goValueNamed(v.Name)
			require.True(t, known)
			if v.JSON != nil {
				verifyValue(t, inJSON, v.JSON.Text, *v.JSON, value)
			}
			if v.MsgPack != nil {
				verifyValue(t, inMessagePack, v.MsgPack.Hex, *v.MsgPack, value)
			}
		})
	}
	for _, v := range file.Refused {
		if v.Only == "js" {
			continue
		}
		for _, in := range []notation{inJSON, inMessagePack} {
			if in.codec.Name() == v.Codec {
				_, err := in.codec.Marshal(goValues[v.Name])
				assert.Error(t, err, "%s in %s", v.Name, v.Codec)
			}
		}
	}
}

func verifyValue(t *testing.T, in notation, golden string, v encodedValue, value any) {
	t.Helper()
	raw := in.encoded(golden)
	if slices.Contains(v.EncodedBy, "go") {
		encoded, err := in.codec.Marshal(value)
		require.NoError(t, err)
		assert.Equal(t, golden, in.text(encoded))
	}
	var untyped any
	require.NoError(t, in.codec.Unmarshal(raw, &untyped))
	goAny := "nil"
	if untyped != nil {
		goAny = fmt.Sprintf("%T", untyped)
	}
	assert.Equal(t, v.GoAny, goAny, "into an any, by %s", in.codec.Name())
	verifyTyped(t, in, raw, value)
}

// verifyTyped decodes into the Go type that the value had.
func verifyTyped(t *testing.T, in notation, raw []byte, value any) {
	t.Helper()
	if value == nil {
		return
	}
	target := reflect.New(reflect.TypeOf(value))
	require.NoError(t, in.codec.Unmarshal(raw, target.Interface()))
	got := target.Elem().Interface()
	if at, isTime := got.(time.Time); isTime {
		got = at.UTC()
	}
	if f, isFloat := value.(float64); isFloat && math.IsNaN(f) {
		assert.True(t, math.IsNaN(got.(float64)))
		return
	}
	assert.Equal(t, value, got, in.codec.Name())
}
