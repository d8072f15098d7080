// Package codectest checks that a codec keeps what codec.Codec promises.
//
//	func TestMyCodec(t *testing.T) { codectest.Run(t, mycodec.New()) }
package codectest

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/hawser-go/hawser/codec"
)

// Run is the contract of codec.Codec as tests. What depends on how the codec looks on the wire (unknown kinds, wrong
// types of fields, text that is not UTF-8) is for the codec's own tests.
func Run(t *testing.T, c codec.Codec) {
	t.Run("Name", func(t *testing.T) { testName(t, c) })
	t.Run("Packets", func(t *testing.T) { testPackets(t, c) })
	t.Run("Frame", func(t *testing.T) { testFrame(t, c) })
	t.Run("Text", func(t *testing.T) { testText(t, c) })
	t.Run("Unencodable", func(t *testing.T) { testUnencodable(t, c) })
	t.Run("Truncated", func(t *testing.T) { testTruncated(t, c) })
	t.Run("Damaged", func(t *testing.T) { testDamaged(t, c) })
	t.Run("Depth", func(t *testing.T) { testDepth(t, c) })
	t.Run("Bodies", func(t *testing.T) { testBodies(t, c) })
	t.Run("Values", func(t *testing.T) { testValues(t, c) })
	t.Run("Payloads", func(t *testing.T) { testPayloads(t, c) })
	t.Run("Concurrent", func(t *testing.T) { testConcurrent(t, c) })
}

func testName(t *testing.T, c codec.Codec) {
	if c.Name() == "" || strings.Trim(c.Name(), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		t.Errorf("the name %q is not made of a-z, 0-9 and -", c.Name())
	}
	if !c.Binary() && c.Separator() != "\n" {
		t.Errorf("a codec of text puts each packet on a line: its separator is \\n, not %q", c.Separator())
	}
}

// Every kind, with and without the fields that may be left out, comes back as it went, into a packet that held something
// else.
func testPackets(t *testing.T, c codec.Codec) {
	for _, p := range samples(t, c) {
		encoded := appendTo(t, c, []byte("before"), p)
		frame, found := bytes.CutPrefix(encoded, []byte("before"))
		if !found {
			t.Fatalf("%v: AppendPacket changed what dst held", p)
		}
		if !c.Binary() && (!utf8.Valid(frame) || bytes.ContainsAny(frame, "\r\n")) {
			t.Errorf("%v: not one line of UTF-8: %q", p, frame)
		}
		got := dirty()
		rest, err := c.NextPacket(frame, &got)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%v: rest %q, error %v", p, rest, err)
		}
		samePacket(t, p, got)
		if again := appendTo(t, c, nil, got); !bytes.Equal(again, frame) {
			t.Errorf("%v: decoded and encoded again it is %q, not %q", p, again, frame)
		}
	}
}

func testFrame(t *testing.T, c codec.Codec) {
	packets := samples(t, c)
	var frame []byte
	for i, p := range packets {
		if i > 0 {
			frame = append(frame, c.Separator()...)
		}
		frame = appendTo(t, c, frame, p)
	}
	original := bytes.Clone(frame)
	decoded := make([]codec.Packet, len(packets))
	rest := frame
	for i := range packets {
		if len(rest) == 0 {
			t.Fatalf("the frame ended after %d of %d packets", i, len(packets))
		}
		var err error
		if rest, err = c.NextPacket(rest, &decoded[i]); err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
	}
	if len(rest) != 0 {
		t.Errorf("%q is left over", rest)
	}
	for i, p := range packets {
		samePacket(t, p, decoded[i]) // after all were decoded: none may have been overwritten
	}
	if !bytes.Equal(frame, original) {
		t.Error("NextPacket changed the frame")
	}
}

func testText(t *testing.T, c codec.Codec) {
	for _, s := range []string{
		"plain", "\"quoted\\", "a\nb\r\n\tc\b\f", "\x00\x01\x1f\x7f", "</script>&",
		"äöü €", "日本語", "👍🏽", "\u2028\u2029\ufeff",
		strings.Repeat("x", 31), strings.Repeat("x", 32), strings.Repeat("x", 255), strings.Repeat("x", 256),
		strings.Repeat("é", 40000),
	} {
		got := decodeOne(t, c, appendTo(t, c, nil, codec.Packet{Kind: codec.KindClose, Code: "c", Message: s}))
		if got.Message != s {
			t.Errorf("%.40q came back as %.40q", s, got.Message)
		}
	}
	got := decodeOne(t, c, appendTo(t, c, nil, codec.Packet{Kind: codec.KindClose, Code: "c", Message: "a\xffb"}))
	if got.Message != "a\uFFFDb" {
		t.Errorf("what is not UTF-8 is replaced by U+FFFD: got %q", got.Message)
	}
}

func testUnencodable(t *testing.T, c codec.Codec) {
	for name, p := range map[string]codec.Packet{
		"an unknown kind":      {Kind: 31},
		"the first one beyond": {Kind: codec.KindPublish + 1},
		"the last kind":        {Kind: 255},
		"a number over 2^53-1": {Kind: codec.KindAck, N: codec.MaxInt + 1},
		"an empty payload":     {Kind: codec.KindEvent, Event: "e", Data: codec.Payload{Raw: []byte{}}},
		"a hello without body": {Kind: codec.KindHello},
		"a hello of bytes":     {Kind: codec.KindHello, Data: codec.Payload{Raw: []byte{1}, Bytes: true}},
	} {
		if out, err := c.AppendPacket(nil, &p); err == nil {
			t.Errorf("%s was encoded as %q", name, out)
		}
	}
}

// Whatever stops early is malformed.
func testTruncated(t *testing.T, c codec.Codec) {
	for _, p := range samples(t, c) {
		frame := appendTo(t, c, nil, p)
		for n := range min(len(frame), 300) {
			malformed(t, c, frame[:n:n])
		}
	}
	if c.Separator() != "" {
		frame := appendTo(t, c, nil, codec.Packet{Kind: codec.KindPing})
		malformed(t, c, append(frame, c.Separator()...))
	}
}

// Single bytes are changed; what is still a packet must be one that can be passed on.
func testDamaged(t *testing.T, c codec.Codec) {
	for _, p := range samples(t, c) {
		frame := appendTo(t, c, nil, p)
		for i := range min(len(frame), 100) {
			for _, change := range []byte{0x01, 0x20, 0x40, 0x80, 0xff} {
				damaged := bytes.Clone(frame)
				damaged[i] ^= change
				var got codec.Packet
				if _, err := c.NextPacket(damaged, &got); err != nil {
					typed(t, damaged, err)
					continue
				}
				samePacket(t, got, decodeOne(t, c, appendTo(t, c, nil, got)))
			}
		}
	}
}

func testDepth(t *testing.T, c codec.Codec) {
	nested := func(depth int) any {
		var v any = []any{}
		for range depth - 1 {
			v = []any{v}
		}
		return v
	}
	// The packet's own array counts.
	raw, err := c.Marshal(nested(codec.MaxDepth - 1))
	if err != nil {
		t.Fatalf("a payload of the greatest depth: %v", err)
	}
	decodeOne(t, c, appendTo(t, c, nil, codec.Packet{Kind: codec.KindReply, ID: 1, Data: codec.Payload{Raw: raw}}))

	for _, depth := range []int{codec.MaxDepth, 5000} {
		if raw, err = c.Marshal(nested(depth)); err != nil {
			continue
		}
		malformed(t, c, appendTo(t, c, nil, codec.Packet{Kind: codec.KindReply, ID: 1, Data: codec.Payload{Raw: raw}}))
	}
}

func testConcurrent(t *testing.T, c codec.Codec) {
	packets := samples(t, c)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range packets {
				frame, err := c.AppendPacket(nil, &packets[i])
				if err != nil {
					t.Errorf("%v: %v", packets[i], err)
					return
				}
				var got codec.Packet
				if _, err = c.NextPacket(frame, &got); err != nil || !reflect.DeepEqual(got, packets[i]) {
					t.Errorf("%v came back as %v, error %v", packets[i], got, err)
				}
				testValuesOnce(t, c)
			}
		})
	}
	wg.Wait()
}

func appendTo(t *testing.T, c codec.Codec, dst []byte, p codec.Packet) []byte {
	t.Helper()
	out, err := c.AppendPacket(dst, &p)
	if err != nil {
		t.Fatalf("%v: %v", p, err)
	}
	return out
}

func decodeOne(t *testing.T, c codec.Codec, frame []byte) (p codec.Packet) {
	t.Helper()
	rest, err := c.NextPacket(frame, &p)
	if err != nil || len(rest) != 0 {
		t.Fatalf("%.100q: rest %q, error %v", frame, rest, err)
	}
	return p
}

func malformed(t *testing.T, c codec.Codec, frame []byte) {
	t.Helper()
	var p codec.Packet
	_, err := c.NextPacket(frame, &p)
	if err == nil {
		t.Errorf("%.100q was taken for the packet %v", frame, p)
		return
	}
	typed(t, frame, err)
}

func typed(t *testing.T, frame []byte, err error) {
	t.Helper()
	var bad *codec.Error
	if !errors.As(err, &bad) {
		t.Errorf("%.100q: the error is a %T, not a *codec.Error", frame, err)
		return
	}
	if bad.Codec == "" || bad.Reason == "" || bad.Offset < 0 || bad.Offset > len(frame) {
		t.Errorf("%.100q: an error that does not say what, where and whose: %#v", frame, bad)
	}
}

func samePacket(t *testing.T, want, got codec.Packet) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
