package codectest

import (
	"bytes"
	"testing"

	"github.com/hawser-go/hawser/codec"
)

// numbers are the edges of the forms that integers take in binary codecs.
var numbers = []uint64{0, 1, 127, 128, 255, 256, 1<<16 - 1, 1 << 16, 1<<31 - 1, 1<<32 - 1, 1 << 32, codec.MaxInt}

// samples are packets of every kind: each with its required fields only, with one more, … up to all.
func samples(t *testing.T, c codec.Codec) []codec.Packet {
	t.Helper()
	body := marshal(t, c, map[string]any{"v": 1})
	payloads := []codec.Payload{
		{Raw: marshal(t, c, map[string]any{"text": "hi"})},
		{Raw: marshal(t, c, nil)},
		{Raw: marshal(t, c, []any{1, "two", true, nil, 0.5})},
		{Raw: []byte{}, Bytes: true},
		{Raw: []byte{0, 1, 0xc0, 0xff, '\n', '"', ']'}, Bytes: true},
		{Raw: bytes.Repeat([]byte{7}, 300), Bytes: true},
	}
	var out []codec.Packet
	for kind := codec.Kind(0); kind < 64; kind++ {
		if !kind.Known() {
			continue
		}
		shape := codec.Packet{Kind: kind}
		for fields := shape.RequiredFields(); fields <= shape.MaxFields(); fields++ {
			p := codec.Packet{Kind: kind}
			for i := range fields {
				switch f := p.Field(i); {
				case f.Uint != nil:
					*f.Uint = numbers[(int(kind)+i)%len(numbers)]
				case f.String != nil:
					*f.String = []string{"chat:lobby", "", "é"}[i%3]
				case f.Body != nil:
					f.Body.Raw = body
				case f.Data != nil:
					f.Data.Raw = payloads[0].Raw
				}
			}
			out = append(out, p)
		}
	}
	for _, payload := range payloads {
		out = append(out,
			codec.Packet{Kind: codec.KindEvent, Channel: "c", Event: "e", Data: payload},
			codec.Packet{Kind: codec.KindReply, ID: 1, Data: payload})
	}
	for _, n := range numbers {
		out = append(out,
			codec.Packet{Kind: codec.KindAck, N: n},
			codec.Packet{Kind: codec.KindCall, ID: n, Event: "e", Millis: n})
	}
	return out
}

// dirty is a packet with something in each field.
func dirty() codec.Packet {
	return codec.Packet{
		Kind: codec.KindEnd, ID: 9, N: 9, Wire: 9, Claim: 9, Recv: 9, Offset: 9, Millis: 9,
		Channel: "x", Event: "x", Epoch: "x", Code: "x", Message: "x", Token: "x",
		Data: codec.Payload{Raw: []byte("x"), Bytes: true},
	}
}

func marshal(t *testing.T, c codec.Codec, v any) []byte {
	t.Helper()
	raw, err := c.Marshal(v)
	if err != nil {
		t.Fatalf("Marshal(%#v): %v", v, err)
	}
	return raw
}
