package sse

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzEvent reads events back as the WHATWG's specification says: a reader must get the frame that went in, and nothing more.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`[6]`), []byte("[32,\"\",\"e\"]\n[6]"))
	f.Add([]byte("\n"), []byte(" : data\n\n"))
	f.Add([]byte(":"), []byte("event: x"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		if bytes.ContainsRune(first, '\r') || bytes.ContainsRune(second, '\r') {
			t.Skip("no frame of a text codec")
		}
		stream := appendEvent(append(appendEvent(nil, first), events.comment...), second)
		assert.Equal(t, []string{string(first), string(second)}, readEvents(t, stream))
	})
}

func readEvents(t *testing.T, stream []byte) []string {
	t.Helper()
	var frames []string
	var data [][]byte
	for len(stream) > 0 {
		line, rest, whole := bytes.Cut(stream, []byte("\n"))
		require.True(t, whole)
		stream = rest
		field, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case len(line) == 0 && data != nil:
			frames = append(frames, string(bytes.Join(data, []byte("\n"))))
			data = nil
		case len(line) == 0 || len(field) == 0:
		default:
			require.Equal(t, "data", string(field))
			data = append(data, bytes.TrimPrefix(value, []byte(" ")))
		}
	}
	require.Nil(t, data, "an event without an end")
	return frames
}

func FuzzPrefixed(f *testing.F) {
	f.Add([]byte{0}, []byte("x"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		stream := appendPrefixed(append(appendPrefixed(nil, first), prefixed.comment...), second)
		for _, frame := range [][]byte{first, nil, second} {
			n := binary.BigEndian.Uint32(stream)
			assert.True(t, bytes.Equal(frame, stream[4:4+n]))
			stream = stream[4+n:]
		}
		assert.Empty(t, stream)
	})
}

func BenchmarkEvent(b *testing.B) {
	packet := []byte(`[39,"chat:lobby",12,"said",{"text":"` + string(bytes.Repeat([]byte("x"), 128)) + `"}]`)
	for name, frame := range map[string][]byte{
		"1 packet":   packet,
		"16 packets": bytes.Join(bytes.SplitN(bytes.Repeat(append(packet, '\n'), 16), []byte("\n"), 17)[:16], []byte("\n")),
	} {
		for format, f := range map[string]framing{"text": events, "binary": prefixed} {
			b.Run(name+"/"+format, func(b *testing.B) {
				buf := make([]byte, 0, 8<<10)
				b.SetBytes(int64(len(frame)))
				b.ReportAllocs()
				for b.Loop() {
					buf = f.append(buf[:0], frame)
				}
			})
		}
	}
}
