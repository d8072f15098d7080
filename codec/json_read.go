package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

func (jsonCodec) open(frame []byte) (at, count int, bad *Error) {
	at = jsonSpace(frame, 0)
	if at == len(frame) {
		return at, -1, malformed(at, "a frame without a packet")
	}
	if frame[at] != '[' {
		return at, -1, malformed(at, "a packet starts with [")
	}
	return jsonSpace(frame, at+1), -1, nil
}

func (jsonCodec) more(frame []byte, at, index, _ int) (next int, exists bool, bad *Error) {
	at = jsonSpace(frame, at)
	if at < len(frame) {
		switch {
		case frame[at] == ']':
			return at + 1, false, nil
		case index == 0:
			return at, true, nil
		case frame[at] == ',':
			return jsonSpace(frame, at+1), true, nil
		}
	}
	return at, false, jsonUnexpected(frame, at, "a comma or the end of the packet")
}

func (c jsonCodec) end(frame []byte, at int) (int, *Error) {
	at = jsonSpace(frame, at)
	if at == len(frame) {
		return at, nil
	}
	if frame[at] != '\n' {
		return at, jsonUnexpected(frame, at, "a newline between packets")
	}
	if at+1 == len(frame) {
		return at, malformed(at, "a newline without a packet after it")
	}
	return at + 1, nil
}

func (jsonCodec) readUint(frame []byte, at int) (v uint64, next int, bad *Error) {
	start := at
	for at < len(frame) && isDigit(frame[at]) {
		v = v*10 + uint64(frame[at]-'0')
		if v > MaxInt {
			return 0, at, malformed(start, "a number over 2^53-1")
		}
		at++
	}
	if at == start || frame[start] == '0' && at > start+1 {
		return 0, at, jsonUnexpected(frame, start, "an integer from 0 to 2^53-1")
	}
	if at < len(frame) && (frame[at] == '.' || frame[at] == 'e' || frame[at] == 'E') {
		return 0, at, jsonUnexpected(frame, at, "an integer")
	}
	return v, at, nil
}

func (jsonCodec) readString(frame []byte, at int, like string) (v string, next int, bad *Error) {
	next, escaped, bad := jsonString(frame, at)
	if bad != nil {
		return "", next, bad
	}
	inside := frame[at+1 : next-1]
	if escaped {
		inside = jsonUnescape(inside)
	}
	if string(inside) == like {
		return like, next, nil
	}
	return string(inside), next, nil
}

func (jsonCodec) skip(frame []byte, at, depth int) (int, *Error) { return jsonValue(frame, at, depth) }

func (jsonCodec) isMap(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

func (jsonCodec) toBytes(raw []byte, at int) ([]byte, *Error) {
	if raw[0] != '"' {
		return nil, malformed(at, "a payload marked as bytes is a string in base64")
	}
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		text = jsonUnescape(text)
	}
	// The decoder would pass over newlines.
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return nil, malformed(at, "a newline in base64")
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(out, text)
	if err != nil {
		return nil, malformed(at, "not in base64: %v", err)
	}
	return out[:n], nil
}

func jsonUnexpected(frame []byte, at int, want string) *Error {
	switch {
	case at >= len(frame):
		return malformed(at, "it ends where %s should be", want)
	case frame[at] == '\n' || frame[at] == '\r':
		return malformed(at, "a raw newline inside a packet")
	default:
		return malformed(at, "%q where %s should be", frame[at], want)
	}
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// jsonSpace passes over white space, of which newlines are none here: they separate packets.
func jsonSpace(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\t') {
		at++
	}
	return at
}

// jsonValue checks the value at that offset, which, if it is an array or an object, nests depth deep.
func jsonValue(b []byte, at, depth int) (int, *Error) {
	at = jsonSpace(b, at)
	if at == len(b) {
		return at, jsonUnexpected(b, at, "a value")
	}
	switch b[at] {
	case '"':
		next, _, bad := jsonString(b, at)
		return next, bad
	case '{', '[':
		if depth > MaxDepth {
			return at, malformed(at, "nested deeper than %d", MaxDepth)
		}
		return jsonContainer(b, at, depth)
	case 't':
		return jsonLiteral(b, at, "true")
	case 'f':
		return jsonLiteral(b, at, "false")
	case 'n':
		return jsonLiteral(b, at, "null")
	default:
		return jsonNumber(b, at)
	}
}

// jsonContainer checks an array or an object. Its recursion through jsonValue is bounded by MaxDepth.
func jsonContainer(b []byte, at, depth int) (_ int, bad *Error) {
	object, closer := b[at] == '{', b[at]+2 // ASCII: [ \ ] and { | }
	at = jsonSpace(b, at+1)
	if at < len(b) && b[at] == closer {
		return at + 1, nil
	}
	for {
		if object {
			if at, _, bad = jsonString(b, jsonSpace(b, at)); bad != nil {
				return at, bad
			}
			if at = jsonSpace(b, at); at == len(b) || b[at] != ':' {
				return at, jsonUnexpected(b, at, "a colon")
			}
			at++
		}
		if at, bad = jsonValue(b, at, depth+1); bad != nil {
			return at, bad
		}
		at = jsonSpace(b, at)
		switch {
		case at < len(b) && b[at] == closer:
			return at + 1, nil
		case at < len(b) && b[at] == ',':
			at++
		default:
			return at, jsonUnexpected(b, at, "a comma or "+string(rune(closer)))
		}
	}
}

func jsonLiteral(b []byte, at int, literal string) (int, *Error) {
	if end := at + len(literal); end <= len(b) && string(b[at:end]) == literal {
		return end, nil
	}
	return at, malformed(at, "not %s", literal)
}

func jsonNumber(b []byte, at int) (int, *Error) {
	digits := func() bool {
		start := at
		for at < len(b) && isDigit(b[at]) {
			at++
		}
		return at > start
	}
	is := func(x, y byte) bool { return at < len(b) && (b[at] == x || b[at] == y) }

	if is('-', '-') {
		at++
	}
	if is('0', '0') {
		at++
	} else if !digits() {
		return at, jsonUnexpected(b, at, "a value")
	}
	if is('.', '.') {
		if at++; !digits() {
			return at, jsonUnexpected(b, at, "a digit")
		}
	}
	if is('e', 'E') {
		at++
		if is('+', '-') {
			at++
		}
		if !digits() {
			return at, jsonUnexpected(b, at, "a digit")
		}
	}
	return at, nil
}

// jsonString checks the string whose quote stands at that offset and reports whether it holds escapes.
func jsonString(b []byte, at int) (next int, escaped bool, bad *Error) {
	if at >= len(b) || b[at] != '"' {
		return at, false, jsonUnexpected(b, at, "a string")
	}
	start, ascii := at+1, true
	for at = jsonPlain(b, start); at < len(b); at = jsonPlain(b, at+1) {
		switch c := b[at]; {
		case c == '"':
			if !ascii && !utf8.Valid(b[start:at]) {
				return at, false, malformed(start, "a string that is not UTF-8")
			}
			return at + 1, escaped, nil
		case c == '\\':
			escaped = true
			n := jsonEscape(b[at:])
			if n == 0 {
				return at, false, malformed(at, "an unknown escape")
			}
			at += n - 1
		case c < ' ':
			return at, false, malformed(at, "a control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return at, false, malformed(at, "a string without an end")
}

// jsonPlain passes over plain ASCII characters of a string, eight at a time: what it returns is the offset of one that is not, or of the last seven bytes
// at most, which it leaves to the caller.
func jsonPlain(b []byte, at int) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; at+8 <= len(b); at += 8 {
		x := binary.LittleEndian.Uint64(b[at:])
		quote, backslash := x^each*'"', x^each*'\\'
		// A borrow may mark what stands behind a byte that is marked rightly, never one before it.
		marked := (x | (x-each*' ')&^x | (quote-each)&^quote | (backslash-each)&^backslash) & high
		if marked != 0 {
			return at + bits.TrailingZeros64(marked)/8
		}
	}
	return at
}

// jsonEscape returns the length of the escape that b starts with, or 0 if it is none.
func jsonEscape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// jsonUnescape resolves the escapes of a checked string. A surrogate without its other half becomes U+FFFD, as in
// encoding/json.
func jsonUnescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		if b[0] != '\\' {
			plain := bytes.IndexByte(b, '\\')
			if plain < 0 {
				plain = len(b)
			}
			out, b = append(out, b[:plain]...), b[plain:]
			continue
		}
		if b[1] != 'u' {
			out, b = append(out, jsonShortEscape(b[1])), b[2:]
			continue
		}
		r := jsonHex(b[2:6])
		b = b[6:]
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(b) >= 6 && b[0] == '\\' && b[1] == 'u' {
				pair = utf16.DecodeRune(r, jsonHex(b[2:6]))
			}
			if r = pair; r != utf8.RuneError {
				b = b[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func jsonShortEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return c
	}
}

func jsonHex(b []byte) (r rune) {
	for _, c := range b {
		if isDigit(c) {
			r = r<<4 | rune(c-'0')
		} else {
			r = r<<4 | rune(c|0x20-'a'+10)
		}
	}
	return r
}
