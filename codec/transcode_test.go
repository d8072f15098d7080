package codec_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

func TestTranscode(t *testing.T) {
	for _, c := range []struct{ name, json, msgpack, back string }{
		{"null", `null`, "c0", `null`},
		{"an integer", `5`, "05", `5`},
		{"a negative integer", `-33`, "d0df", `-33`},
		{"an integer beyond 2^53", `9007199254740993`, "cf0020000000000001", `9007199254740993`},
		{"the highest uint64", `18446744073709551615`, "cfffffffffffffffff", `18446744073709551615`},
		{"an integer beyond 64 bits", `18446744073709551616`, "cb43f0000000000000", `18446744073709552000`},
		{"a fraction", `0.5`, "cb3fe0000000000000", `0.5`},
		{"a string", `"a\nb"`, "a3610a62", `"a\nb"`},
		{"a list in an object in a list", `[{"a":[1,true]}]`, "9181a1619201c3", `[{"a":[1,true]}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			over, err := codec.Transcode(codec.Payload{Raw: []byte(c.json)}, codec.JSON(), codec.MessagePack())
			require.NoError(t, err)
			assert.Equal(t, c.msgpack, hex.EncodeToString(over.Raw))
			back, err := codec.Transcode(over, codec.MessagePack(), codec.JSON())
			require.NoError(t, err)
			assert.Equal(t, c.back, string(back.Raw))
		})
	}
}

func TestTranscodeWhatOneCodecAloneKnows(t *testing.T) {
	for _, c := range []struct{ name, msgpack, json string }{
		{"integers as keys", "82078001a178", `{"1":"x","7":{}}`},
		{"bytes inside", "81a162c40200ff", `{"b":"AP8="}`},
		{"a time", "d6ff3a7b8372", `"2001-02-03T04:05:06Z"`},
		{"NaN", "cb7ff8000000000001", ""},
		{"an extension", "d40500", ""},
		{"a key that is nil", "81c001", ""},
		{"a number and its digits as keys", "8201c2a131c3", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := hex.DecodeString(c.msgpack)
			require.NoError(t, err)
			over, err := codec.Transcode(codec.Payload{Raw: raw}, codec.MessagePack(), codec.JSON())
			if c.json == "" {
				assert.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.json, string(over.Raw))
		})
	}
	_, err := codec.Transcode(codec.Payload{Raw: []byte(`1e999`)}, codec.JSON(), codec.MessagePack())
	require.Error(t, err)
}

func TestTranscodeKeepsBytesAndNothing(t *testing.T) {
	for _, p := range []codec.Payload{{Raw: []byte{1}, Bytes: true}, {Raw: []byte{}, Bytes: true}, {}} {
		over, err := codec.Transcode(p, codec.JSON(), codec.MessagePack())
		require.NoError(t, err)
		assert.Equal(t, p, over)
	}
	p := codec.Payload{Raw: []byte(`{ "as": "it is" }`)}
	same, err := codec.Transcode(p, codec.JSON(), codec.JSON())
	require.NoError(t, err)
	assert.Equal(t, p, same)
}

// What a client published, the other codec takes or refuses; it never fails otherwise.
func FuzzTranscode(f *testing.F) {
	f.Add(true, []byte(`{"a":[1,-1.5,1e3,"x",null,{"b":18446744073709551615}]}`))
	f.Add(false, []byte("\x82\x07\x80\x01\xa1x"))
	f.Add(false, []byte("\xd6\xff:{\x83r"))
	f.Fuzz(func(t *testing.T, text bool, raw []byte) {
		from, to := codec.MessagePack(), codec.JSON()
		if text {
			from, to = to, from
		}
		var p codec.Packet
		packet, err := from.AppendPacket(nil, &codec.Packet{Kind: codec.KindReply, ID: 1, Data: codec.Payload{Raw: raw}})
		if err != nil {
			return
		}
		if rest, err := from.NextPacket(packet, &p); err != nil || len(rest) > 0 || p.Data.Bytes || p.Data.Absent() {
			return // it would not have come so far
		}
		over, err := codec.Transcode(p.Data, from, to)
		if err != nil {
			return
		}
		packet, err = to.AppendPacket(nil, &codec.Packet{Kind: codec.KindReply, ID: 1, Data: over})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = to.NextPacket(packet, &p); err != nil {
			t.Fatalf("%q became %q: %v", raw, over.Raw, err)
		}
	})
}
