package websocket

import (
	"encoding/binary"
	"fmt"

	"github.com/hawser-go/hawser/transport"
)

// A decoder makes messages of a client's bytes (RFC 6455 §5), in whatever pieces they come. It reads nothing itself and holds no more
// than a part of one message. That text is UTF-8 is left to the codec, which checks each frame as a whole.
type decoder struct {
	limit int    // bytes of a message
	kind  opcode // of every message, text or binary

	stage stage
	head  [maxHeader]byte // what has come of the frame's header
	had   uint8           // bytes of it

	// The frame whose payload is coming.
	op    opcode
	final bool
	left  int // bytes that have not come
	mask  mask

	message []byte // what has come of the message; nil: none has begun
	piece   []byte // memory for messages that come together; nil when all that came was taken
	control []byte // what has come of the control frame
	failed  error
}

type stage uint8

const (
	inHeader stage = iota
	inPayload
)

const (
	minHeader = 2
	maskSize  = 4
	maxHeader = minHeader + 8 + maskSize
)

// A message is what a client said: a whole message of the decoder's kind, or a control frame. Its payload belongs to whoever takes it.
type message struct {
	op      opcode // 0: it is not complete
	payload []byte
}

// next takes bytes up to the end of the first message in them, and returns the rest. What breaks RFC 6455, or a limit, is a
// *transport.CloseError, found before anything is kept of what is refused; after it, the decoder is of no more use.
func (d *decoder) next(in []byte) (m message, rest []byte, err error) {
	for d.failed == nil && m.op == 0 && (len(in) > 0 || d.stage == inPayload && d.left == 0) {
		if d.stage == inHeader {
			in, d.failed = d.header(in)
		} else {
			m, in = d.payload(in)
		}
	}
	if d.failed != nil {
		return message{}, nil, d.failed
	}
	if len(in) == 0 {
		d.piece = nil
	}
	return m, in, nil
}

// header takes bytes of a frame's header, and checks it as far as it has come.
func (d *decoder) header(in []byte) (rest []byte, err error) {
	if d.had < minHeader {
		in = d.fill(in, minHeader)
		if d.had < minHeader {
			return in, nil
		}
		if err := d.begin(); err != nil {
			return nil, err
		}
	}
	size := headerSize(d.head[1])
	in = d.fill(in, size)
	if int(d.had) < size {
		return in, nil
	}
	d.mask = mask(binary.LittleEndian.Uint32(d.head[size-maskSize:]))
	d.had = 0
	d.stage = inPayload
	return in, d.measure(len(in))
}

func (d *decoder) fill(in []byte, upTo int) (rest []byte) {
	n := copy(d.head[d.had:upTo], in)
	d.had += uint8(n)
	return in[n:]
}

func headerSize(second byte) int {
	switch second & lengthBits {
	case length16:
		return minHeader + 2 + maskSize
	case length64:
		return maxHeader
	default:
		return minHeader + maskSize
	}
}

// begin checks the first two bytes of a frame.
func (d *decoder) begin() error {
	d.op = opcode(d.head[0] & opcodeBits)
	d.final = d.head[0]&finalBit != 0
	switch {
	case d.head[0]&reserved != 0:
		return violation("reserved bits are set, and no extension was agreed on")
	case d.head[1]&maskBit == 0:
		return violation("a client's frame is not masked")
	}
	switch d.op {
	case opText, opBinary:
		if d.message != nil {
			return violation("a message begins inside another")
		}
		if d.op != d.kind {
			return &transport.CloseError{Code: transport.CodeProtocol, Message: "the message's kind, text or binary, is not the codec's"}
		}
	case opContinuation:
		if d.message == nil {
			return violation("a message goes on that has not begun")
		}
	case opClose, opPing, opPong:
		if !d.final {
			return violation("a control frame in fragments")
		}
		if d.head[1]&lengthBits > maxControl {
			return violation("a control frame over 125 bytes")
		}
	default:
		return violation(fmt.Sprintf("the opcode %d", d.op))
	}
	return nil
}

// measure reads the length of the payload, and makes room for the beginning of it. So many bytes have come behind the header.
func (d *decoder) measure(come int) error {
	length := uint64(d.head[1] & lengthBits)
	least := uint64(0)
	switch length {
	case length16:
		length, least = uint64(binary.BigEndian.Uint16(d.head[minHeader:])), length16
	case length64:
		length, least = binary.BigEndian.Uint64(d.head[minHeader:]), 1<<16
	}
	if length < least {
		return violation("a length in more bytes than it needs")
	}
	if d.op.control() {
		d.left = int(length)
		d.control = make([]byte, 0, length)
		return nil
	}
	if length > uint64(d.limit-len(d.message)) {
		return &transport.CloseError{
			Code: transport.CodePayloadTooLarge, Message: fmt.Sprintf("the message is over %d bytes", d.limit),
		}
	}
	d.left = int(length)
	if d.message == nil {
		d.message = d.room(min(d.left, trusted), come)
	}
	return nil
}

// maxPiece is how many bytes messages that come together share at most. Whoever keeps a part of one keeps all of them.
const maxPiece = 4 << 10

// room returns memory for n bytes of a message, of which, and of what is behind it, so many have come.
func (d *decoder) room(n, come int) []byte {
	if n > len(d.piece) && n < come && n <= maxPiece/4 { // something follows that can share it
		d.piece = make([]byte, min(come, maxPiece))
	}
	if n == 0 || n > len(d.piece) {
		return make([]byte, 0, n)
	}
	room := d.piece[:0:n]
	d.piece = d.piece[n:]
	return room
}

// trusted is how many bytes of memory a length is worth before they have come.
const trusted = 16 << 10

// payload takes bytes of a frame's payload, and returns the message that is complete with it.
func (d *decoder) payload(in []byte) (m message, rest []byte) {
	n := min(len(in), d.left)
	to := &d.message
	if d.op.control() {
		to = &d.control
	}
	*to = grow(*to, n, d.left)
	*to, d.mask = d.mask.append(*to, in[:n])
	d.left -= n
	if d.left == 0 {
		d.stage = inHeader
		m = d.complete()
	}
	return m, in[n:]
}

// complete returns the message that ends with the frame, if one does.
func (d *decoder) complete() (m message) {
	switch {
	case d.op.control():
		m = message{d.op, d.control}
		d.control = nil
	case d.final:
		m = message{d.kind, d.message}
		d.message = nil
	}
	return m
}

// grow makes room for n bytes that have come: twice the room there is, but not for more than are left.
func grow(b []byte, n, left int) []byte {
	if n <= cap(b)-len(b) {
		return b
	}
	more := min(left, max(n, 2*cap(b)-len(b)))
	return append(make([]byte, 0, len(b)+more), b...)
}
