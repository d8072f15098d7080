package dialect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	opMore   = 0
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// longest is more than any server here has a reason to send in one piece.
const longest = 1 << 20

var errTooLong = fmt.Errorf("more than %d bytes in one piece", longest)

type frame struct {
	op      byte // 0: more of the message that has begun
	last    bool // of its message
	payload []byte
}

// nextFrame returns the first frame of in and its length, 0 if it has not come as a whole.
func nextFrame(in []byte) (f frame, length int, err error) {
	if len(in) < 2 {
		return frame{}, 0, nil
	}
	if in[0]&0x70 != 0 || in[1]&0x80 != 0 {
		return frame{}, 0, fmt.Errorf("a frame that is masked or with extensions: %x", in[:2])
	}
	header, n := 2, int(in[1])
	switch n {
	case 126:
		if len(in) < 4 {
			return frame{}, 0, nil
		}
		header, n = 4, int(binary.BigEndian.Uint16(in[2:]))
	case 127:
		if len(in) < 10 {
			return frame{}, 0, nil
		}
		header, n = 10, int(min(binary.BigEndian.Uint64(in[2:]), longest+1))
	}
	if n > longest {
		return frame{}, 0, errTooLong
	}
	if len(in) < header+n {
		return frame{}, 0, nil
	}
	return frame{op: in[0] & 0x0f, last: in[0]&0x80 != 0, payload: in[header : header+n]}, header + n, nil
}

// appendFrame appends a client's frame, masked.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	mask := [4]byte{0x5a, 0xc3, 0x3c, 0xa5}
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	dst = append(dst, mask[:]...)
	for i, c := range payload {
		dst = append(dst, c^mask[i&3])
	}
	return dst
}

// A speaker is what is said in the messages of a WebSocket.
type speaker interface {
	op() byte // of what it says
	// hello is the first message, or nil.
	hello() []byte
	// message takes one message. What it has to say it appends to b.Out, framed.
	message(text []byte, b *Batch) error
	joined() bool
	call(seq uint32) []byte
}

// A webSocket is a Client by RFC 6455.
type webSocket struct {
	path        string
	subprotocol string
	upgraded    bool
	begun       []byte // the message that has come in part
	speaker     speaker
}

func newWebSocket(path, subprotocol string, s speaker) *webSocket {
	return &webSocket{path: path, subprotocol: subprotocol, speaker: s}
}

func (w *webSocket) Hello() []byte {
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", w.path)
	if w.subprotocol != "" {
		request = fmt.Appendf(request, "Sec-WebSocket-Protocol: %s\r\n", w.subprotocol)
	}
	return append(request, "\r\n"...)
}

func (w *webSocket) Joined() bool { return w.upgraded && w.speaker.joined() }

func (w *webSocket) Call(dst []byte, seq uint32) []byte {
	return appendFrame(dst, w.speaker.op(), w.speaker.call(seq))
}

func (w *webSocket) Feed(in []byte, b *Batch) (int, error) {
	used := 0
	if !w.upgraded {
		end := bytes.Index(in, []byte("\r\n\r\n"))
		if end < 0 {
			return 0, nil
		}
		if !bytes.HasPrefix(in, []byte("HTTP/1.1 101 ")) {
			return 0, fmt.Errorf("no upgrade but %q", in)
		}
		w.upgraded = true
		used = end + 4
		if hello := w.speaker.hello(); hello != nil {
			b.Out = appendFrame(b.Out, w.speaker.op(), hello)
		}
	}
	for {
		f, n, err := nextFrame(in[used:])
		if err != nil || n == 0 {
			return used, err
		}
		used += n
		switch f.op {
		case opMore, opText, opBinary:
			if err := w.message(f, b); err != nil {
				return used, err
			}
		case opPing:
			b.Out = appendFrame(b.Out, opPong, f.payload)
		case opPong:
		case opClose:
			return used, fmt.Errorf("closed by the server: %q: %w", f.payload, io.EOF)
		default:
			return used, errors.New("an unknown frame")
		}
	}
}

// message takes a frame of a message, and the message once it is whole.
func (w *webSocket) message(f frame, b *Batch) error {
	if f.last && f.op != opMore {
		return w.speaker.message(f.payload, b)
	}
	w.begun = append(w.begun, f.payload...)
	if !f.last {
		return nil
	}
	err := w.speaker.message(w.begun, b)
	w.begun = w.begun[:0]
	return err
}

// bare is a WebSocket without a protocol in it: a room by the path, and what is said comes back.
type bare struct{}

func (bare) op() byte                            { return opText }
func (bare) hello() []byte                       { return nil }
func (bare) joined() bool                        { return true }
func (bare) message(text []byte, b *Batch) error { return find(text, b) }
func (bare) call(seq uint32) []byte              { return bareCall(seq) }
