package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/transport"
)

// limit is the decoder's in these tests.
const limit = 1 << 17

// masked returns a client's frame.
func masked(first byte, payload string) []byte {
	return maskedAs(first, sizeOf(len(payload)), payload)
}

// sizeOf returns a frame's second byte and the longer length after it.
func sizeOf(n int) []byte {
	switch {
	case n <= maxControl:
		return []byte{byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{length16}, uint16(n))
	default:
		return binary.BigEndian.AppendUint64([]byte{length64}, uint64(n))
	}
}

func maskedAs(first byte, size []byte, payload string) []byte {
	key := []byte{0x37, 0xfa, 0x21, 0x3d}
	frame := append([]byte{first}, size...)
	frame[1] |= maskBit
	frame = append(frame, key...)
	for i := range len(payload) {
		frame = append(frame, payload[i]^key[i%maskSize])
	}
	return frame
}

// A transcript is what a reader made of a stream of bytes.
type transcript struct {
	said []string
	end  string
}

// The ends of a transcript.
const (
	more    = "more is expected"
	refused = "refused: "
	closed  = "closed: "
)

// decode feeds a decoder with pieces of the stream, each of a size that cut gives, which is the stream's rest at most.
func decode(kind opcode, stream []byte, cut func(rest []byte) int) (t transcript) {
	d := decoder{limit: limit, kind: kind}
	var said []message
	defer func() { // not before: none may be changed by those that come after it
		t.said = []string{}
		for _, m := range said {
			t.said = append(t.said, fmt.Sprintf("%x %x", m.op, m.payload))
		}
	}()
	for len(stream) > 0 {
		n := cut(stream)
		for piece := bytes.Clone(stream[:n]); len(piece) > 0; {
			m, rest, err := d.next(piece)
			clear(piece[:len(piece)-len(rest)]) // what was taken belongs to the caller
			piece = rest
			if err == nil && m.op == opClose {
				var s status
				if s, err = parseClose(m.payload); err == nil {
					t.end = closed + fmt.Sprint(s)
					return t
				}
			}
			if err != nil {
				t.end = refused + err.Error()
				return t
			}
			if m.op != 0 {
				said = append(said, m)
			}
		}
		stream = stream[n:]
	}
	t.end = more
	return t
}

func whole(rest []byte) int { return len(rest) }

func bytewise([]byte) int { return 1 }

const (
	text    = finalBit | byte(opText)
	ping    = finalBit | byte(opPing)
	pong    = finalBit | byte(opPong)
	closing = finalBit | byte(opClose)
	bin     = finalBit | byte(opBinary)

	textBegins = byte(opText)
	goesOn     = byte(opContinuation)
	ends       = finalBit | byte(opContinuation)
)

var (
	long     = strings.Repeat("0123456789abcdef", 20)
	longer   = strings.Repeat("0123456789abcdef", 5000)
	longest  = strings.Repeat("x", limit)
	accepted = map[string][]byte{
		"short":                          masked(text, "hello"),
		"empty":                          masked(text, ""),
		"of 125":                         masked(text, long[:125]),
		"of 126":                         masked(text, long[:126]),
		"long":                           masked(text, long),
		"of 65535":                       masked(text, longer[:1<<16-1]),
		"of 65536":                       masked(text, longer[:1<<16]),
		"longer":                         masked(text, longer),
		"at the limit":                   masked(text, longest),
		"several":                        slices.Concat(masked(text, "a"), masked(text, ""), masked(text, "b")),
		"fragments":                      slices.Concat(masked(textBegins, "a"), masked(goesOn, "b"), masked(ends, "c")),
		"empty fragments":                slices.Concat(masked(textBegins, ""), masked(goesOn, ""), masked(ends, "")),
		"fragments that grow":            slices.Concat(masked(textBegins, "a"), masked(goesOn, longer), masked(ends, long)),
		"fragments, then another":        slices.Concat(masked(textBegins, "a"), masked(ends, "b"), masked(text, "c")),
		"control frames inside":          slices.Concat(masked(textBegins, "a"), masked(ping, "?"), masked(pong, ""), masked(ends, "b")),
		"ping of 125":                    masked(ping, long[:125]),
		"close":                          masked(closing, "\x03\xe8bye"),
		"close without a status":         masked(closing, ""),
		"close in the middle":            slices.Concat(masked(textBegins, "a"), masked(closing, "\x03\xe9")),
		"close of an application's kind": masked(closing, "\x0f\xa0"),
	}
	refusals = map[string][]byte{
		"rsv1":                              masked(text|1<<6, "a"),
		"rsv2":                              masked(text|1<<5, "a"),
		"rsv3":                              masked(text|1<<4, "a"),
		"rsv of a control frame":            masked(ping|1<<6, "a"),
		"opcode 3":                          masked(finalBit|3, "a"),
		"opcode 7":                          masked(finalBit|7, "a"),
		"opcode 11":                         masked(finalBit|11, "a"),
		"opcode 15":                         masked(finalBit|15, "a"),
		"not masked":                        appendFrame(nil, opText, []byte("a")),
		"a binary message for a text codec": masked(bin, "a"),
		"a message inside another":          slices.Concat(masked(textBegins, "a"), masked(text, "b")),
		"a continuation of nothing":         masked(ends, "a"),
		"a continuation after the end":      slices.Concat(masked(text, "a"), masked(ends, "b")),
		"a ping in fragments":               masked(byte(opPing), "a"),
		"a close in fragments":              masked(byte(opClose), ""),
		"a ping over 125":                   masked(ping, long[:126]),
		"7 bits of length would do":         maskedAs(text, []byte{length16, 0, 125}, long[:125]),
		"16 bits of length would do":        maskedAs(text, []byte{length64, 0, 0, 0, 0, 0, 0, 255, 255}, longer[:1<<16-1]),
		"a length of 63 bits":               maskedAs(text, []byte{length64, 127, 255, 255, 255, 255, 255, 255, 255}, ""),
		"a length of 64 bits":               maskedAs(text, []byte{length64, 255, 255, 255, 255, 255, 255, 255, 255}, ""),
		"over the limit":                    masked(text, longest+"x"),
		"over the limit in fragments":       slices.Concat(masked(textBegins, longest), masked(ends, "x")),
		"fragments that overflow": slices.Concat(masked(textBegins, "a"),
			maskedAs(ends, []byte{length64, 127, 255, 255, 255, 255, 255, 255, 255}, "")),
		"close with half a status":            masked(closing, "\x03"),
		"close with the status 999":           masked(closing, "\x03\xe7"),
		"close with the status 1004":          masked(closing, "\x03\xec"),
		"close with the status 1005":          masked(closing, "\x03\xed"),
		"close with the status 1006":          masked(closing, "\x03\xee"),
		"close with the status 1015":          masked(closing, "\x03\xf7"),
		"close with the status 5000":          masked(closing, "\x13\x88"),
		"close with a reason that is no text": masked(closing, "\x03\xe8\xff"),
	}
)

func TestDecoderAccepts(t *testing.T) {
	for name, stream := range accepted {
		t.Run(name, func(t *testing.T) {
			got := decode(opText, stream, whole)
			assert.NotContains(t, got.end, refused)
			assert.Equal(t, oracle(t, opText, stream), got)
		})
	}
}

func TestDecoderRefuses(t *testing.T) {
	for name, stream := range refusals {
		t.Run(name, func(t *testing.T) {
			got := decode(opText, append(stream, masked(text, "not any more")...), whole)
			assert.Contains(t, got.end, refused)
			assert.LessOrEqual(t, len(got.said), 1)
		})
	}
}

func TestRefusalsAreTyped(t *testing.T) {
	for name, code := range map[string]string{
		"rsv1": transport.CodeProtocol, "over the limit": transport.CodePayloadTooLarge,
		"a length of 64 bits": transport.CodePayloadTooLarge, "fragments that overflow": transport.CodePayloadTooLarge,
	} {
		d := decoder{limit: limit, kind: opText}
		var err error
		for rest := refusals[name]; err == nil && len(rest) > 0; {
			_, rest, err = d.next(rest)
		}
		var e *transport.CloseError
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, code, e.Code, name)
		_, _, again := d.next(masked(text, "a"))
		assert.Equal(t, err, again, "it goes on after "+name)
	}
}

// TestPieces splits each stream at every byte, and cuts it off there.
func TestPieces(t *testing.T) {
	for _, streams := range []map[string][]byte{accepted, refusals} {
		for name, stream := range streams {
			want := decode(opText, stream, whole)
			assert.Equal(t, want, decode(opText, stream, bytewise), name)
			for i := range stream {
				if i > 32 && len(stream) > 1024 && i%16381 != 0 {
					continue // in the middle of something long
				}
				first := true
				got := decode(opText, stream, func(rest []byte) int {
					if first && i > 0 {
						first = false
						return i
					}
					return len(rest)
				})
				require.Equal(t, want, got, "%s, split at %d", name, i)
				cut := decode(opText, stream[:i], whole)
				require.LessOrEqual(t, len(cut.said), len(want.said))
				require.Equal(t, want.said[:len(cut.said)], cut.said, "%s, cut off at %d", name, i)
				require.True(t, cut.end == more || cut.end == want.end, "%s, cut off at %d: %s", name, i, cut.end)
			}
		}
	}
}

// TestLengthsAreNotBelieved checks that a header alone costs next to nothing.
func TestLengthsAreNotBelieved(t *testing.T) {
	d := decoder{limit: 1 << 30, kind: opText}
	_, _, err := d.next(maskedAs(text, []byte{length64, 0, 0, 0, 0, 0x3f, 0, 0, 0}, "a little"))
	require.NoError(t, err)
	assert.LessOrEqual(t, cap(d.message), trusted)
}

func TestDecoderAllocatesOnceForMessagesThatComeTogether(t *testing.T) {
	for name, c := range map[string]struct {
		stream []byte
		allocs float64
	}{
		"a short message":                {masked(text, "hello"), 1},
		"a message of 16 KiB":            {masked(text, longer[:trusted]), 1},
		"sixteen messages, in two reads": {bytes.Repeat(masked(text, long), 16), 3}, // one is in both
		"a message of 64 KiB, in pieces": {masked(text, longer[:4*trusted]), 3},
		"a ping":                         {masked(ping, "?"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := decoder{limit: limit, kind: opText}
			assert.InDelta(t, c.allocs, testing.AllocsPerRun(100, func() {
				for rest := c.stream; len(rest) > 0; {
					piece := rest[:min(len(rest), 4<<10)]
					rest = rest[len(piece):]
					for len(piece) > 0 {
						_, piece, _ = d.next(piece)
					}
				}
			}), 0)
		})
	}
}

func TestMask(t *testing.T) {
	for size := range 100 {
		for offset := range 4 {
			src := []byte(long[:size])
			key := [4]byte{1, 2, 3, 4}
			m := mask(binary.LittleEndian.Uint32(key[:]))
			_, m = m.append(nil, src[:min(offset, size)])
			got, _ := m.append([]byte("before"), src)
			want := []byte("before")
			for i, b := range src {
				want = append(want, b^key[(min(offset, size)+i)%4])
			}
			require.Equal(t, want, got)
		}
	}
}

func BenchmarkDecoder(b *testing.B) {
	for _, size := range []int{128, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			stream := bytes.Repeat(masked(text, longer[:size]), 16)
			d := decoder{limit: limit, kind: opText}
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				for rest := stream; len(rest) > 0; {
					var err error
					if _, rest, err = d.next(rest); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
