package codectest_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/codec/codectest"
)

func TestBuiltIn(t *testing.T) {
	t.Run("JSON", func(t *testing.T) { codectest.Run(t, codec.JSON()) })
	t.Run("MessagePack", func(t *testing.T) { codectest.Run(t, codec.MessagePack()) })
}

// A codec of an application's own plugs in the same way.
func TestThird(t *testing.T) { codectest.Run(t, lengths{}) }

// lengths is a binary codec: a packet is its length, its kind, and its fields. Numbers are varints, strings and payloads
// follow their length, and a payload's length is shifted by one for the mark. Values are JSON.
type lengths struct{}

func (lengths) Name() string                       { return "lengths" }
func (lengths) Binary() bool                       { return true }
func (lengths) Separator() string                  { return "" }
func (lengths) Marshal(v any) ([]byte, error)      { return json.Marshal(v) }
func (lengths) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

func (lengths) AppendPacket(dst []byte, p *codec.Packet) ([]byte, error) {
	if !p.Kind.Known() {
		return dst, fmt.Errorf("unknown kind %d", p.Kind)
	}
	packet := []byte{byte(p.Kind)}
	for i := range p.Fields() {
		switch f := p.Field(i); {
		case f.Uint != nil && *f.Uint > codec.MaxInt:
			return dst, fmt.Errorf("%d is too large", *f.Uint)
		case f.Uint != nil:
			packet = binary.AppendUvarint(packet, *f.Uint)
		case f.String != nil:
			text := strings.ToValidUTF8(*f.String, "\uFFFD")
			packet = binary.AppendUvarint(packet, uint64(len(text)))
			packet = append(packet, text...)
		case f.Body != nil && (p.Data.Bytes || len(p.Data.Raw) == 0), !p.Data.Bytes && len(p.Data.Raw) == 0:
			return dst, fmt.Errorf("not a payload")
		default:
			length := uint64(len(p.Data.Raw)) << 1
			if p.Data.Bytes {
				length |= 1
			}
			packet = binary.AppendUvarint(packet, length)
			packet = append(packet, p.Data.Raw...)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(packet)))
	return append(dst, packet...), nil
}

func (lengths) NextPacket(frame []byte, p *codec.Packet) (rest []byte, err error) {
	fail := func(reason string) ([]byte, error) {
		return nil, &codec.Error{Codec: "lengths", Reason: reason}
	}
	*p = codec.Packet{}
	packet, rest, ok := cut(frame)
	if !ok || len(packet) == 0 {
		return fail("no packet")
	}
	if p.Kind = codec.Kind(packet[0]); !p.Kind.Known() {
		return fail("unknown kind")
	}
	packet = packet[1:]
	for i := range p.MaxFields() {
		if len(packet) == 0 {
			if i < p.RequiredFields() {
				return fail("a field is missing")
			}
			break
		}
		f := p.Field(i)
		if f.Uint != nil {
			v, n := binary.Uvarint(packet)
			if n <= 0 || v > codec.MaxInt {
				return fail("not a number")
			}
			*f.Uint, packet = v, packet[n:]
			continue
		}
		if f.String != nil {
			var text []byte
			if text, packet, ok = cut(packet); !ok || !utf8.Valid(text) {
				return fail("not a string")
			}
			*f.String = string(text)
			continue
		}
		length, n := binary.Uvarint(packet)
		if n <= 0 || length>>1 > uint64(len(packet)-n) {
			return fail("not a payload")
		}
		p.Data.Raw, p.Data.Bytes = packet[n:n+int(length>>1)], length&1 == 1
		packet = packet[n+int(length>>1):]
		if f.Body != nil && p.Data.Bytes || !p.Data.Bytes && !isJSON(p.Data.Raw) {
			return fail("not JSON")
		}
	}
	return rest, nil
}

// cut takes what follows its length off b.
func cut(b []byte) (content, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(length)], b[n+int(length):], true
}

// isJSON also bounds the depth, which the packet itself adds one to.
func isJSON(raw []byte) bool {
	if !json.Valid(raw) || !utf8.Valid(raw) {
		return false
	}
	depth := 1
	for tokens := json.NewDecoder(bytes.NewReader(raw)); depth <= codec.MaxDepth; {
		switch token, err := tokens.Token(); {
		case err == io.EOF:
			return true
		case err != nil:
			return false
		case token == json.Delim('['), token == json.Delim('{'):
			depth++
		case token == json.Delim(']'), token == json.Delim('}'):
			depth--
		}
	}
	return false
}
