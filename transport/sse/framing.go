package sse

import (
	"bytes"
	"encoding/binary"

	"github.com/hawser-go/hawser/codec"
)

// A framing is how frames stand in a stream: docs/protocol.md §3, "The stream".
type framing struct {
	contentType string
	comment     string // what readers skip
	append      func(dst, frame []byte) []byte
}

var (
	events   = framing{contentType: "text/event-stream", comment: ":\n\n", append: appendEvent}
	prefixed = framing{contentType: "application/octet-stream", comment: "\x00\x00\x00\x00", append: appendPrefixed}
)

func framingOf(c codec.Codec) framing {
	if c.Binary() {
		return prefixed
	}
	return events
}

// appendEvent appends frame as one server-sent event. Its lines, which a reader joins by "\n" again, are the packets of a codec that separates
// packets so.
func appendEvent(dst, frame []byte) []byte {
	for {
		line, rest, more := bytes.Cut(frame, []byte{'\n'})
		dst = append(dst, "data: "...)
		dst = append(dst, line...)
		dst = append(dst, '\n')
		if !more {
			return append(dst, '\n')
		}
		frame = rest
	}
}

// appendPrefixed appends frame after its length.
func appendPrefixed(dst, frame []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(frame)))
	return append(dst, frame...)
}
