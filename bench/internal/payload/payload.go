// Package payload is the message that every server publishes and every client checks: 128 bytes of JSON with a
// sequence number.
package payload

import (
	"bytes"
	"fmt"
	"strings"
)

// First is the first sequence number: from here on, all have ten digits and fit four bytes, so that every
// message has the same length.
const First = 1_000_000_001

// Size is the length of a message in JSON.
const Size = 128

var pad = strings.Repeat("x", Size-len(`{"seq":1000000001,"pad":""}`))

// A Message is one publication, or one call and its answer.
type Message struct {
	Seq uint32 `json:"seq"`
	Pad string `json:"pad"`
}

// New returns the message with that number.
func New(seq uint32) Message { return Message{Seq: seq, Pad: pad} }

// JSON returns the message with that number, encoded.
func JSON(seq uint32) []byte { return AppendJSON(make([]byte, 0, Size), seq) }

// AppendJSON appends the message with that number, encoded.
func AppendJSON(dst []byte, seq uint32) []byte {
	dst = append(dst, `{"seq":`...)
	digits := [10]byte{}
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = '0' + byte(seq%10)
		seq /= 10
	}
	dst = append(dst, digits[:]...)
	dst = append(dst, `,"pad":"`...)
	dst = append(dst, pad...)
	return append(dst, `"}`...)
}

var jsonMark = []byte(`{"seq":`)

// FindJSON finds the first message in JSON within b, checks that it is whole, and returns its number and what
// follows it. It reports false if there is none.
func FindJSON(b []byte) (seq uint32, rest []byte, found bool, err error) {
	at := bytes.Index(b, jsonMark)
	if at < 0 {
		return 0, nil, false, nil
	}
	if len(b) < at+Size {
		return 0, nil, false, fmt.Errorf("a message is cut short: %q", b[at:])
	}
	message := b[at : at+Size]
	for _, digit := range message[len(jsonMark) : len(jsonMark)+10] {
		seq = 10*seq + uint32(digit-'0')
	}
	if message[Size-3] != 'x' || message[Size-1] != '}' {
		return 0, nil, false, fmt.Errorf("a message is damaged: %q", message)
	}
	if seq%64 == 0 && !bytes.Equal(message, JSON(seq)) { // all of it, now and then: the rest is checked by its ends
		return 0, nil, false, fmt.Errorf("a message is damaged: %q", message)
	}
	return seq, b[at+Size:], true, nil
}

var msgpackMark = []byte("\xa3seq\xce")

// FindMessagePack is FindJSON for MessagePack.
func FindMessagePack(b []byte) (seq uint32, rest []byte, found bool, err error) {
	at := bytes.Index(b, msgpackMark)
	if at < 0 {
		return 0, nil, false, nil
	}
	number := at + len(msgpackMark)
	text := number + 4 + len("\xa3pad\xd9e")
	if len(b) < text+len(pad) {
		return 0, nil, false, fmt.Errorf("a message is cut short: %q", b[at:])
	}
	seq = uint32(b[number])<<24 | uint32(b[number+1])<<16 | uint32(b[number+2])<<8 | uint32(b[number+3])
	if b[text] != 'x' || b[text+len(pad)-1] != 'x' || seq%64 == 0 && string(b[text:text+len(pad)]) != pad {
		return 0, nil, false, fmt.Errorf("a message is damaged: %q", b[at:])
	}
	return seq, b[text+len(pad):], true, nil
}
