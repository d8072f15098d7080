package codec_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

func FuzzJSON(f *testing.F) {
	addSeeds(f, inJSON)
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, p := range checkFrame(t, codec.JSON(), frame) {
			encoded := must(codec.JSON().AppendPacket(nil, &p))
			assert.True(t, json.Valid(encoded) && utf8.Valid(encoded), "%q", encoded)
		}
		for line := range bytes.SplitSeq(frame, []byte("\n")) {
			agreeWithStandard(t, line)
		}
	})
}

func FuzzMessagePack(f *testing.F) {
	addSeeds(f, inMessagePack)
	f.Fuzz(func(t *testing.T, frame []byte) { checkFrame(t, codec.MessagePack(), frame) })
}

// FuzzJSONPayload holds the scanner to encoding/json: what is JSON for the one is for the other.
func FuzzJSONPayload(f *testing.F) {
	for _, seed := range []string{
		`null`, `{"a":[1,-0.5e+7,"\u00e9\n"]}`, `[[],{}]`, ` 1 `, `"\ud800"`,
		`01`, `1.`, `-`, `1e`, `"\x"`, `tru`, `{"a"}`, `[1,]`, "\"\x7f\xff\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		frame := append(append([]byte(`[34,1,`), payload...), ']')
		agreeWithStandard(t, frame)
		if bytes.ContainsAny(payload, "\r\n") || !json.Valid(payload) || !utf8.Valid(payload) {
			return
		}
		if depth(payload) >= codec.MaxDepth {
			return
		}
		var p codec.Packet
		_, err := codec.JSON().NextPacket(frame, &p)
		require.NoError(t, err)
		assert.Equal(t, bytes.Trim(payload, " \t"), p.Data.Raw)
	})
}

// FuzzText holds the escapes to encoding/json.
func FuzzText(f *testing.F) {
	f.Add("plain", "\"\\\x00\x1f\n\u2028\xff")
	f.Fuzz(func(t *testing.T, channel, event string) {
		p := codec.Packet{Kind: codec.KindEvent, Channel: channel, Event: event}
		frame := must(codec.JSON().AppendPacket(nil, &p))
		var standard []any
		require.NoError(t, json.Unmarshal(frame, &standard))
		var got codec.Packet
		_, err := codec.JSON().NextPacket(frame, &got)
		require.NoError(t, err)
		assert.Equal(t, []any{32.0, got.Channel, got.Event}, standard)
		if utf8.ValidString(channel) {
			assert.Equal(t, channel, got.Channel)
		}
	})
}

// FuzzUnmarshal decodes payloads into what applications have: an error or a value, and what Marshal makes of that is a
// payload.
func FuzzUnmarshal(f *testing.F) {
	addSeeds(f, inMessagePack)
	for _, value := range goValues {
		if raw, err := codec.MessagePack().Marshal(value); err == nil {
			f.Add(raw)
		}
	}
	f.Add([]byte("\xd70\x81\xdd0\x9a0\x9a00")) // an extension that holds what looks like a map with a huge list as key
	f.Fuzz(func(t *testing.T, raw []byte) {
		var typed struct {
			Text  string         `json:"text"`
			Any   any            `json:"any"`
			List  []int          `json:"list"`
			Map   map[string]any `json:"map"`
			Mixed map[any]any    `json:"mixed"`
			Error error          `json:"error"`
			Ptr   *codec.Hello   `json:"ptr"`
		}
		_ = codec.MessagePack().Unmarshal(raw, &typed)
		var keyed map[any]any
		_ = codec.MessagePack().Unmarshal(raw, &keyed)
		var untyped any
		if codec.MessagePack().Unmarshal(raw, &untyped) != nil {
			return
		}
		again, err := codec.MessagePack().Marshal(untyped)
		require.NoError(t, err)
		var same any
		require.NoError(t, codec.MessagePack().Unmarshal(again, &same))
	})
}

func addSeeds(f *testing.F, in notation) {
	f.Helper()
	var packets packetVectors
	var frames frameVectors
	load(f, "packets.json", &packets)
	load(f, "frames.json", &frames)
	add := func(inJSON, inMsgPack *string) {
		golden := inJSON
		if in.codec.Binary() {
			golden = inMsgPack
		}
		if golden != nil {
			f.Add(in.encoded(*golden))
		}
	}
	for _, v := range append(packets.Packets, packets.Accepted...) {
		add(v.JSON, v.MsgPack)
	}
	for _, v := range append(packets.Malformed, frames.Malformed...) {
		add(v.JSON, v.MsgPack)
	}
	for _, v := range frames.Frames {
		add(&v.JSON, &v.MsgPack)
	}
}

// checkFrame decodes the frame as far as it goes. What was accepted must be encodable, and the same again when decoded.
func checkFrame(t *testing.T, c codec.Codec, frame []byte) []codec.Packet {
	t.Helper()
	packets, err := decodeAll(c, frame)
	if err != nil {
		var bad *codec.Error
		require.ErrorAs(t, err, &bad)
		require.True(t, bad.Offset >= 0 && bad.Offset <= len(frame) && bad.Codec == c.Name(), "%+v", bad)
	}
	for _, p := range packets {
		encoded, err := c.AppendPacket(nil, &p)
		require.NoError(t, err)
		again, err := decodeAll(c, encoded)
		require.NoError(t, err)
		require.Equal(t, []codec.Packet{p}, again)
	}
	return packets
}

// agreeWithStandard checks that what is accepted as one packet is JSON to encoding/json, with the same strings in it.
func agreeWithStandard(t *testing.T, line []byte) {
	t.Helper()
	var p codec.Packet
	rest, err := codec.JSON().NextPacket(line, &p)
	if err != nil || len(rest) > 0 {
		return
	}
	require.True(t, json.Valid(line) && utf8.Valid(line), "%q was accepted", line)
	require.LessOrEqual(t, depth(line), codec.MaxDepth)
	var standard []json.RawMessage
	require.NoError(t, json.Unmarshal(line, &standard))
	for i := range min(p.MaxFields(), len(standard)-1) {
		switch f := p.Field(i); {
		case f.String != nil:
			var text string
			require.NoError(t, json.Unmarshal(standard[i+1], &text))
			require.Equal(t, text, *f.String)
		case f.Uint != nil:
			var number uint64
			require.NoError(t, json.Unmarshal(standard[i+1], &number))
			require.Equal(t, number, *f.Uint)
		}
	}
}

// depth is how deep valid JSON nests.
func depth(raw []byte) (deepest int) {
	now := 0
	for tokens := json.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			return deepest
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			now++
		case json.Delim(']'), json.Delim('}'):
			now--
		}
		deepest = max(deepest, now)
	}
}

// FuzzHello compares with what encoding/json makes of a hello.
func FuzzHello(f *testing.F) {
	for _, body := range []string{
		`{"v":1,"key":"0123456789012345678901","wire":1,"claim":2,"recv":3}`, `{"v":1,"sid":"s","token":"ü","wait":25000}`,
		`{}`, `{"v":1}x`, `{"v":1`, `{"v":1,}`, `{"v":-1}`, `{"V":1}`, `{"v":01}`, `{"v":1e3}`, `{"v":null,"key":null}`, `{"v":"1"}`, `{"key":1}`,
		`{"key":"\u0041"}`, `{"v":9007199254740993}`, `{"v":1,"v":2}`, `{ "v" : 1 }`, `{"lost":{"sid":"a","key":"b"}}`, `{"other":[1]}`, `[]`, `"`, ``,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) {
			return // no frame holds it
		}
		var got, want codec.Hello
		gotErr := codec.DecodeHello(codec.JSON(), codec.Payload{Raw: body}, &got)
		if wantErr := codec.Decode(codec.JSON(), codec.Payload{Raw: body}, &want); body == nil || wantErr != nil {
			require.Equal(t, wantErr == nil, gotErr == nil)
			return
		}
		require.NoError(t, gotErr)
		require.Equal(t, want, got)
	})
}
