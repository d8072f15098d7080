package netlab

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

var errFrameLength = errors.New("netlab: a WebSocket frame with a length over 2^63")

// A frameHeader is the header of a WebSocket frame, RFC 6455 §5.2: as much of it as is needed to know where the frame ends.
//
//	byte 0       FIN, RSV, opcode
//	byte 1       mask bit, length 0-125; 126: a 2-byte length follows; 127: an 8-byte length follows
//	             then, if the mask bit is set, 4 bytes of mask
type frameHeader struct {
	buffer  [14]byte
	n       int
	payload int64
}

func (h *frameHeader) bytes() []byte { return h.buffer[:h.n] }

func (h *frameHeader) read(from *bufio.Reader) error {
	h.n, h.payload = 0, 0
	if err := h.more(from, 2); err != nil {
		return err
	}
	length := uint64(h.buffer[1] & 0x7F)
	switch length {
	case 126:
		if err := h.more(from, 2); err != nil {
			return err
		}
		length = uint64(binary.BigEndian.Uint16(h.buffer[2:]))
	case 127:
		if err := h.more(from, 8); err != nil {
			return err
		}
		length = binary.BigEndian.Uint64(h.buffer[2:])
	}
	if length > math.MaxInt64 {
		return errFrameLength
	}
	h.payload = int64(length)
	if h.buffer[1]&0x80 != 0 {
		return h.more(from, 4)
	}
	return nil
}

func (h *frameHeader) more(from *bufio.Reader, n int) error {
	_, err := io.ReadFull(from, h.buffer[h.n:h.n+n])
	h.n += n
	return err
}
