package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
)

func (jsonCodec) appendOpen(dst []byte, _ int) []byte { return append(dst, '[') }
func (jsonCodec) appendNext(dst []byte) []byte        { return append(dst, ',') }
func (jsonCodec) appendClose(dst []byte) []byte       { return append(dst, ']') }

func (jsonCodec) appendUint(dst []byte, v uint64) []byte { return strconv.AppendUint(dst, v, 10) }

func (jsonCodec) appendBool(dst []byte, v bool) []byte { return strconv.AppendBool(dst, v) }

func (jsonCodec) beginMap(dst []byte) []byte         { return append(dst, '{') }
func (jsonCodec) endMap(dst []byte, _, _ int) []byte { return append(dst, '}') }

func (jsonCodec) appendKey(dst []byte, i int, name string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

func (jsonCodec) appendBytes(dst, v []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, v)
	return append(dst, '"')
}

// appendValue trusts raw to be JSON, but not to be on one line: inside a string no newline is raw, so where one is, it
// is space.
func (jsonCodec) appendValue(dst, raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return nil, errors.New("an empty payload is no JSON")
	}
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return append(dst, raw...), nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, err
	}
	return append(dst, compact.Bytes()...), nil
}

// appendString escapes what RFC 8259 §7 requires, in the form that JSON.stringify chooses.
func (jsonCodec) appendString(dst []byte, v string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := range len(v) {
		b := v[i]
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, v[start:i]...)
		start = i + 1
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
	}
	dst = append(dst, v[start:]...)
	return append(dst, '"')
}
