package websocket

import (
	"encoding/binary"
	"slices"
)

// An opcode says what a WebSocket frame is: RFC 6455 §5.2.
type opcode byte

const (
	opContinuation opcode = 0x0
	opText         opcode = 0x1
	opBinary       opcode = 0x2
	opClose        opcode = 0x8
	opPing         opcode = 0x9
	opPong         opcode = 0xA
)

func (o opcode) control() bool { return o&0x8 != 0 }

// The first two bytes of a frame.
const (
	finalBit   = 1 << 7
	reserved   = 7 << 4
	opcodeBits = 1<<4 - 1

	maskBit    = 1 << 7
	lengthBits = 1<<7 - 1

	length16 = 126 // the length follows, in 2 bytes
	length64 = 127 // the length follows, in 8 bytes
)

const (
	// maxControl is the most bytes of a control frame's payload.
	maxControl = 125
	// maxReason is what fits into a close frame after the status.
	maxReason = maxControl - 2
)

// room is what a frame whose length is not known yet gets for its header: the header of most. seal corrects it.
const room = 4

func reserve(dst []byte) []byte { return append(dst, make([]byte, room)...) }

// seal makes a frame of dst[start:], which is room and the payload after it. A server's frames are not masked.
func seal(dst []byte, start int, op opcode) []byte {
	size := len(dst) - start - room
	first := finalBit | byte(op)
	switch {
	case size <= maxControl:
		copy(dst[start+2:], dst[start+room:])
		dst = dst[:start+2+size]
		dst[start], dst[start+1] = first, byte(size)
	case size < 1<<16:
		dst[start], dst[start+1] = first, length16
		binary.BigEndian.PutUint16(dst[start+2:], uint16(size))
	default:
		dst = slices.Insert(dst, start, make([]byte, 6)...)
		dst[start], dst[start+1] = first, length64
		binary.BigEndian.PutUint64(dst[start+2:], uint64(size))
	}
	return dst
}

// appendFrame appends a whole frame.
func appendFrame(dst []byte, op opcode, payload []byte) []byte {
	start := len(dst)
	return seal(append(reserve(dst), payload...), start, op)
}
