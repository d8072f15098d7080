package dialect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hawser-go/hawser/bench/internal/payload"
	"github.com/hawser-go/hawser/codec"
)

func (jsonFormat) cut(frame []byte) (packet []byte, kind codec.Kind, rest []byte, err error) {
	packet, rest, _ = bytes.Cut(frame, []byte("\n"))
	if len(packet) < 3 || packet[0] != '[' {
		return nil, 0, nil, fmt.Errorf("a malformed packet: %q", packet)
	}
	for _, c := range packet[1:] {
		if c < '0' || c > '9' {
			break
		}
		kind = 10*kind + codec.Kind(c-'0')
	}
	return packet, kind, rest, nil
}

var errShort = errors.New("a packet is cut short")

type messagePackFormat struct{}

func (messagePackFormat) codec() codec.Codec { return codec.MessagePack() }

func (f messagePackFormat) message(seq uint32) []byte {
	encoded, err := f.codec().Marshal(payload.New(seq))
	if err != nil {
		panic(err)
	}
	return encoded
}

func (messagePackFormat) find(packet []byte) (uint32, []byte, bool, error) {
	return payload.FindMessagePack(packet)
}

func (messagePackFormat) cut(frame []byte) (packet []byte, kind codec.Kind, rest []byte, err error) {
	n, err := skip(frame, codec.MaxDepth)
	if err != nil {
		return nil, 0, nil, err
	}
	if frame[0]&0xf0 != 0x90 || frame[0] == 0x90 || frame[1] > 127 {
		return nil, 0, nil, fmt.Errorf("a malformed packet: %x", frame[:n])
	}
	return frame[:n], codec.Kind(frame[1]), frame[n:], nil
}

// skip returns the length of the first MessagePack value of b, which nests no deeper than depth.
func skip(b []byte, depth int) (int, error) {
	if len(b) == 0 || depth == 0 {
		return 0, errShort
	}
	c := b[0]
	switch {
	case c < 0x80, c >= 0xe0, c == 0xc0, c == 0xc2, c == 0xc3:
		return 1, nil
	case c < 0x90:
		return skipMany(b, 2*int(c&0x0f), depth)
	case c < 0xa0:
		return skipMany(b, int(c&0x0f), depth)
	case c < 0xc0:
		return skipTo(b, 1+int(c&0x1f))
	}
	switch c {
	case 0xc4, 0xd9:
		return skipLong(b, 1)
	case 0xc5, 0xda:
		return skipLong(b, 2)
	case 0xc6, 0xdb:
		return skipLong(b, 4)
	case 0xcc, 0xd0:
		return skipTo(b, 2)
	case 0xcd, 0xd1:
		return skipTo(b, 3)
	case 0xca, 0xce, 0xd2:
		return skipTo(b, 5)
	case 0xcb, 0xcf, 0xd3:
		return skipTo(b, 9)
	}
	return 0, fmt.Errorf("a type that no server sends here: %x", c)
}

func skipTo(b []byte, n int) (int, error) {
	if len(b) < n {
		return 0, errShort
	}
	return n, nil
}

func skipLong(b []byte, width int) (int, error) {
	if len(b) < 1+width {
		return 0, errShort
	}
	n := int(b[1])
	switch width {
	case 2:
		n = int(binary.BigEndian.Uint16(b[1:]))
	case 4:
		n = int(binary.BigEndian.Uint32(b[1:]))
	}
	return skipTo(b, 1+width+n)
}

// skipMany is skip for what holds count values after its first byte.
func skipMany(b []byte, count, depth int) (int, error) {
	at := 1
	for range count {
		n, err := skip(b[at:], depth-1)
		if err != nil {
			return 0, err
		}
		at += n
	}
	return at, nil
}
