package codec_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// The golden files stand in docs/vectors, whose README says what is in them; the TypeScript tests read them too.
const vectors = "../docs/vectors"

var update = flag.Bool("update", false, "write the encodings in docs/vectors anew, from the descriptions")

type packetVectors struct {
	Packets   []packetVector    `json:"packets"`
	Accepted  []packetVector    `json:"accepted"`
	Malformed []malformedVector `json:"malformed"`
}

type packetVector struct {
	Name    string      `json:"name"`
	Packet  description `json:"packet"`
	JSON    *string     `json:"json,omitempty"`
	MsgPack *string     `json:"msgpack,omitempty"`
}

type frameVectors struct {
	Frames    []frameVector     `json:"frames"`
	Malformed []malformedVector `json:"malformed"`
}

type frameVector struct {
	Name    string        `json:"name"`
	Packets []description `json:"packets"`
	JSON    string        `json:"json"`
	MsgPack string        `json:"msgpack"`
}

type malformedVector struct {
	Reason  string  `json:"reason"`
	JSON    *string `json:"json,omitempty"`
	JSONHex *string `json:"jsonHex,omitempty"`
	MsgPack *string `json:"msgpack,omitempty"`
}

// A description is a packet as the golden files tell it, with the field names of docs/protocol.md §2.2.
type description struct {
	Kind    string          `json:"kind"`
	ID      uint64          `json:"id,omitempty"`
	N       uint64          `json:"n,omitempty"`
	Wire    uint64          `json:"wire,omitempty"`
	Claim   uint64          `json:"claim,omitempty"`
	Recv    uint64          `json:"recv,omitempty"`
	Channel string          `json:"channel,omitempty"`
	Epoch   string          `json:"epoch,omitempty"`
	Offset  uint64          `json:"offset,omitempty"`
	Event   string          `json:"event,omitempty"`
	Timeout uint64          `json:"timeout,omitempty"`
	Code    string          `json:"code,omitempty"`
	Message string          `json:"message,omitempty"`
	Retry   uint64          `json:"retry,omitempty"`
	Within  uint64          `json:"within,omitempty"`
	Token   string          `json:"token,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
	Bytes   *string         `json:"bytes,omitempty"`
}

// notation is how a codec is written in a golden file.
type notation struct {
	codec   codec.Codec
	text    func(encoded []byte) string
	encoded func(text string) []byte
	payload func(t *testing.T, described json.RawMessage) []byte
}

var inJSON = notation{
	codec:   codec.JSON(),
	text:    func(encoded []byte) string { return string(encoded) },
	encoded: func(text string) []byte { return []byte(text) },
	payload: func(t *testing.T, described json.RawMessage) []byte {
		var out bytes.Buffer
		require.NoError(t, json.Compact(&out, described))
		return out.Bytes()
	},
}

var inMessagePack = notation{
	codec: codec.MessagePack(),
	text:  hex.EncodeToString,
	encoded: func(text string) []byte {
		encoded, err := hex.DecodeString(text)
		if err != nil {
			panic(err)
		}
		return encoded
	},
	payload: func(t *testing.T, described json.RawMessage) []byte {
		tokens := json.NewDecoder(bytes.NewReader(described))
		tokens.UseNumber()
		encoded, err := transcode(tokens)
		require.NoError(t, err)
		return encoded
	},
}

func (d description) packet(t *testing.T, in notation) codec.Packet {
	t.Helper()
	p := codec.Packet{
		ID: d.ID, N: d.N, Wire: d.Wire, Claim: d.Claim, Recv: d.Recv,
		Channel: d.Channel, Epoch: d.Epoch, Offset: d.Offset, Event: d.Event,
		Code: d.Code, Message: d.Message, Token: d.Token,
		Millis: d.Timeout + d.Retry + d.Within, // no kind has two of them
	}
	for p.Kind = 0; p.Kind.String() != d.Kind; p.Kind++ {
		require.Less(t, p.Kind, codec.Kind(64), "no kind is called %q", d.Kind)
	}
	switch {
	case d.Bytes != nil:
		raw, err := hex.DecodeString(*d.Bytes)
		require.NoError(t, err)
		p.Data = codec.Payload{Raw: raw, Bytes: true}
	case d.Body != nil:
		p.Data.Raw = in.payload(t, d.Body)
	case d.Data != nil:
		p.Data.Raw = in.payload(t, d.Data)
	}
	return p
}

// transcode makes MessagePack of the next value, with keys in the order in which they stand.
func transcode(tokens *json.Decoder) ([]byte, error) {
	token, err := tokens.Token()
	if err != nil {
		return nil, err
	}
	pack := codec.MessagePack()
	delim, isDelim := token.(json.Delim)
	if !isDelim {
		if number, isNumber := token.(json.Number); isNumber {
			if whole, err := strconv.ParseInt(number.String(), 10, 64); err == nil {
				return pack.Marshal(whole)
			}
			return pack.Marshal(must(number.Float64()))
		}
		return pack.Marshal(token)
	}
	var content []byte
	n := 0
	for tokens.More() {
		value, err := transcode(tokens)
		if err != nil {
			return nil, err
		}
		content = append(content, value...)
		n++
	}
	if _, err = tokens.Token(); err != nil {
		return nil, err
	}
	if delim == '{' {
		n /= 2
	}
	if n > 15 {
		return nil, errors.New("a golden file has no list or map with more than 15 elements outside of values.json")
	}
	head := byte(0x90)
	if delim == '{' {
		head = 0x80
	}
	return append([]byte{head | byte(n)}, content...), nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPacketVectors(t *testing.T) {
	var file packetVectors
	load(t, "packets.json", &file)
	if *update {
		for i := range file.Packets {
			v := &file.Packets[i]
			v.JSON, v.MsgPack = new(string), new(string)
			*v.JSON = encode(t, inJSON, v.Packet)
			*v.MsgPack = encode(t, inMessagePack, v.Packet)
		}
		save(t, "packets.json", "packets", file.Packets, "accepted", file.Accepted, "malformed", file.Malformed)
	}
	kinds := map[codec.Kind]bool{}
	for _, v := range file.Packets {
		t.Run(v.Name, func(t *testing.T) {
			verify(t, inJSON, *v.JSON, v.Packet)
			verify(t, inMessagePack, *v.MsgPack, v.Packet)
			verifyBody(t, v.Packet)
			kinds[v.Packet.packet(t, inJSON).Kind] = true
		})
	}
	for kind := codec.Kind(0); kind < 64; kind++ {
		assert.Equal(t, kind.Known(), kinds[kind], "a packet of %v", kind)
	}
	for _, v := range file.Accepted {
		t.Run("accepted/"+v.Name, func(t *testing.T) {
			require.True(t, v.JSON != nil || v.MsgPack != nil)
			accept(t, inJSON, v.JSON, v.Packet)
			accept(t, inMessagePack, v.MsgPack, v.Packet)
		})
	}
	refuseAll(t, file.Malformed)
}

func TestFrameVectors(t *testing.T) {
	var file frameVectors
	load(t, "frames.json", &file)
	if *update {
		for i := range file.Frames {
			v := &file.Frames[i]
			v.JSON, v.MsgPack = encode(t, inJSON, v.Packets...), encode(t, inMessagePack, v.Packets...)
		}
		save(t, "frames.json", "frames", file.Frames, "malformed", file.Malformed)
	}
	for _, v := range file.Frames {
		t.Run(v.Name, func(t *testing.T) {
			verify(t, inJSON, v.JSON, v.Packets...)
			verify(t, inMessagePack, v.MsgPack, v.Packets...)
		})
	}
	refuseAll(t, file.Malformed)
}

// encode makes a frame of the packets.
func encode(t *testing.T, in notation, described ...description) string {
	t.Helper()
	var frame []byte
	for i, d := range described {
		if i > 0 {
			frame = append(frame, in.codec.Separator()...)
		}
		p := d.packet(t, in)
		var err error
		frame, err = in.codec.AppendPacket(frame, &p)
		require.NoError(t, err)
	}
	return in.text(frame)
}

func verify(t *testing.T, in notation, golden string, described ...description) {
	t.Helper()
	assert.Equal(t, golden, encode(t, in, described...), "encoded by %s", in.codec.Name())

	packets, err := decodeAll(in.codec, in.encoded(golden))
	require.NoError(t, err, in.codec.Name())
	require.Len(t, packets, len(described))
	for i, d := range described {
		assert.Equal(t, d.packet(t, in), packets[i], "decoded by %s", in.codec.Name())
	}
}

// verifyBody checks that the structs of the package make the bodies of the golden files.
func verifyBody(t *testing.T, d description) {
	t.Helper()
	var body any
	switch d.Kind {
	case "hello":
		body = new(codec.Hello)
	case "welcome":
		body = new(codec.Welcome)
	default:
		return
	}
	for _, in := range []notation{inJSON, inMessagePack} {
		raw := in.payload(t, d.Body)
		require.NoError(t, in.codec.Unmarshal(raw, body))
		again, err := in.codec.Marshal(body)
		require.NoError(t, err)
		assert.Equal(t, in.text(raw), in.text(again))
	}
}

// accept decodes what no Hawser encoder writes. Payloads are compared by what they mean.
func accept(t *testing.T, in notation, golden *string, d description) {
	t.Helper()
	if golden == nil {
		return
	}
	packets, err := decodeAll(in.codec, in.encoded(*golden))
	require.NoError(t, err, in.codec.Name())
	require.Len(t, packets, 1)
	got, want := packets[0], d.packet(t, in)
	if !want.Data.Absent() && !want.Data.Bytes {
		var gotValue, wantValue any
		require.NoError(t, in.codec.Unmarshal(got.Data.Raw, &gotValue))
		require.NoError(t, in.codec.Unmarshal(want.Data.Raw, &wantValue))
		assert.Equal(t, wantValue, gotValue)
		got.Data.Raw, want.Data.Raw = nil, nil
	}
	assert.Equal(t, want, got)
}

func refuseAll(t *testing.T, malformed []malformedVector) {
	for _, v := range malformed {
		t.Run("malformed/"+v.Reason, func(t *testing.T) {
			frames := map[codec.Codec][]byte{}
			if v.JSON != nil {
				frames[codec.JSON()] = []byte(*v.JSON)
			}
			if v.JSONHex != nil {
				frames[codec.JSON()] = inMessagePack.encoded(*v.JSONHex)
			}
			if v.MsgPack != nil {
				frames[codec.MessagePack()] = inMessagePack.encoded(*v.MsgPack)
			}
			require.NotEmpty(t, frames)
			for c, frame := range frames {
				packets, err := decodeAll(c, frame)
				var bad *codec.Error
				if assert.ErrorAs(t, err, &bad, "%s took it for %v", c.Name(), packets) {
					assert.Equal(t, c.Name(), bad.Codec)
				}
			}
		})
	}
}

func decodeAll(c codec.Codec, frame []byte) (packets []codec.Packet, err error) {
	for more := true; more; more = len(frame) > 0 {
		var p codec.Packet
		if frame, err = c.NextPacket(frame, &p); err != nil {
			return packets, err
		}
		packets = append(packets, p)
	}
	return packets, nil
}

func load(tb testing.TB, name string, v any) {
	tb.Helper()
	file, err := os.Open(filepath.Join(vectors, name))
	require.NoError(tb, err)
	defer file.Close()
	d := json.NewDecoder(file)
	d.DisallowUnknownFields()
	require.NoError(tb, d.Decode(v))
	_, err = d.Token()
	require.ErrorIs(tb, err, io.EOF)
}

// save writes lists by name, with an element on each line.
func save(t *testing.T, name string, lists ...any) {
	t.Helper()
	var out strings.Builder
	for i := 0; i < len(lists); i += 2 {
		out.WriteString(map[bool]string{true: "{\n", false: ",\n"}[i == 0])
		out.WriteString(strconv.Quote(lists[i].(string)) + ": [")
		list := reflect.ValueOf(lists[i+1])
		for j := range list.Len() {
			var line bytes.Buffer
			encoder := json.NewEncoder(&line)
			encoder.SetEscapeHTML(false)
			require.NoError(t, encoder.Encode(list.Index(j).Interface()))
			out.WriteString(map[bool]string{true: "\n  ", false: ",\n  "}[j == 0])
			out.Write(bytes.TrimSpace(line.Bytes()))
		}
		out.WriteString("\n]")
	}
	out.WriteString("\n}\n")
	require.NoError(t, os.WriteFile(filepath.Join(vectors, name), []byte(out.String()), 0o644))
}
