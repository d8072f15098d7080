package codectest

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// everything is a struct as applications have them.
type everything struct {
	Flag    bool             `json:"flag"`
	Small   int8             `json:"small"`
	Large   int64            `json:"large"`
	Huge    uint64           `json:"huge"`
	Ratio   float64          `json:"ratio"`
	Text    string           `json:"text"`
	Blob    []byte           `json:"blob"`
	At      time.Time        `json:"at"`
	List    []string         `json:"list"`
	Named   map[string]int   `json:"named"`
	Counted map[int]string   `json:"counted"`
	Inner   *everything      `json:"inner,omitempty"`
	Any     any              `json:"any"`
	Hidden  string           `json:"-"`
	Pairs   []map[string]any `json:"pairs,omitempty"`
}

func fullValue() everything {
	return everything{
		Flag: true, Small: -128, Large: -1 << 53, Huge: 1<<64 - 1, Ratio: 0.1, Text: "é\n", Blob: []byte{0, 255},
		At:   time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC),
		List: []string{"a", ""}, Named: map[string]int{"n": 1}, Counted: map[int]string{-7: "x"},
		Inner: &everything{Text: "inner", At: time.Unix(0, 0).UTC()}, Any: "any", Pairs: []map[string]any{{"k": "v"}},
	}
}

func testValuesOnce(t *testing.T, c codec.Codec) {
	want := fullValue()
	raw, err := c.Marshal(want)
	if err != nil {
		t.Errorf("Marshal: %v", err)
		return
	}
	var got everything
	if err := c.Unmarshal(raw, &got); err != nil {
		t.Errorf("Unmarshal: %v", err)
		return
	}
	// A codec may bring times in another zone.
	got.At, got.Inner.At = got.At.UTC(), got.Inner.At.UTC()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func testValues(t *testing.T, c codec.Codec) {
	testValuesOnce(t, c)

	var renamed map[string]any
	raw := marshal(t, c, struct {
		A string `json:"b"`
		C string `json:"c,omitempty"`
		D string `json:"-"`
	}{A: "x", D: "x"})
	if err := c.Unmarshal(raw, &renamed); err != nil || !reflect.DeepEqual(renamed, map[string]any{"b": "x"}) {
		t.Errorf("json tags must count: got %v, error %v", renamed, err)
	}

	var null any = "before"
	if err := c.Unmarshal(marshal(t, c, nil), &null); err != nil || null != nil {
		t.Errorf("nil came back as %v, error %v", null, err)
	}

	for name, target := range map[string]any{
		"a string into an int":    new(int),
		"a string into a struct":  new(everything),
		"a string into a list":    new([]int),
		"a string into a map":     new(map[string]string),
		"a string into a number":  new(float64),
		"a string into a channel": new(chan int),
	} {
		if err := c.Unmarshal(marshal(t, c, "text"), target); err == nil {
			t.Errorf("%s: no error, but %v", name, reflect.ValueOf(target).Elem())
		}
	}
	for _, unencodable := range []any{make(chan int), func() {}, map[string]any{"f": func() {}}} {
		if raw, err := c.Marshal(unencodable); err == nil {
			t.Errorf("a %T was encoded as %q", unencodable, raw)
		}
	}

	// Data cut short and changed: an error or a value, never a panic.
	raw = marshal(t, c, fullValue())
	for i := range raw {
		for _, change := range []byte{0, 0x01, 0x20, 0x80, 0xff} {
			damaged := bytes.Clone(raw)
			damaged[i] ^= change
			if change == 0 {
				damaged = damaged[:i]
			}
			var typed everything
			var untyped any
			err := c.Unmarshal(damaged, &typed)
			if err2 := c.Unmarshal(damaged, &untyped); change == 0 && (err == nil || err2 == nil) {
				t.Errorf("Unmarshal took the first %d of %d bytes for the whole", i, len(raw))
			}
		}
	}
}

// Bodies are maps that both ends know.
func testBodies(t *testing.T, c codec.Codec) {
	hello := codec.Hello{V: 1, Key: "key", SID: "sid", Wire: 2, Claim: 3, Recv: codec.MaxInt, Token: "t\"", Wait: 5}
	p := sendBody(t, c, codec.KindHello, hello)
	var gotHello codec.Hello
	if err := c.Unmarshal(p.Data.Raw, &gotHello); err != nil || gotHello != hello {
		t.Errorf("got %+v, error %v, want %+v", gotHello, err, hello)
	}
	welcome := codec.Welcome{
		V: 1, SID: "s", Key: "k", Recv: 1, Active: true, Resumed: true, Heartbeat: 25000, ResumeFor: 120000,
		Limits: codec.Limits{Frame: 1 << 20}, Generation: 7,
	}
	p = sendBody(t, c, codec.KindWelcome, welcome)
	var gotWelcome codec.Welcome
	if err := c.Unmarshal(p.Data.Raw, &gotWelcome); err != nil || gotWelcome != welcome {
		t.Errorf("got %+v, error %v, want %+v", gotWelcome, err, welcome)
	}
}

func sendBody(t *testing.T, c codec.Codec, kind codec.Kind, body any) codec.Packet {
	t.Helper()
	payload := codec.Payload{Raw: marshal(t, c, body)}
	return decodeOne(t, c, appendTo(t, c, nil, codec.Packet{Kind: kind, Data: payload}))
}

// What an application sends arrives, whether it is bytes, a value, null or nothing.
func testPayloads(t *testing.T, c codec.Codec) {
	send := func(v any) codec.Payload {
		payload, err := codec.Encode(c, v)
		if err != nil {
			t.Fatalf("Encode(%#v): %v", v, err)
		}
		return decodeOne(t, c, appendTo(t, c, nil, codec.Packet{Kind: codec.KindEvent, Event: "e", Data: payload})).Data
	}
	for _, want := range [][]byte{{}, {0}, {0, 0xff, '\n'}, bytes.Repeat([]byte{1}, 70000)} {
		var got []byte
		if err := codec.Decode(c, send(want), &got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d, error %v", len(want), len(got), err)
		}
	}
	var text string
	if err := codec.Decode(c, send("hi"), &text); err != nil || text != "hi" {
		t.Errorf("got %q, error %v", text, err)
	}
	if null := send(nil); null.Absent() || null.Bytes {
		t.Errorf("null came back as %+v", null)
	}
	if absent := send(codec.Payload{}); !absent.Absent() {
		t.Errorf("what was absent came back as %+v", absent)
	}
}
