package websocket

import (
	"encoding/binary"
	"math/bits"
)

// A mask is the key of a client's frame, its first byte the lowest.
type mask uint32

// append appends src, unmasked, to dst, and returns the mask as it goes on after it.
func (m mask) append(dst, src []byte) ([]byte, mask) {
	start := len(dst)
	dst = append(dst, src...)
	b := dst[start:]
	wide := uint64(m)<<32 | uint64(m)
	for len(b) >= 32 {
		four := b[:32]
		binary.LittleEndian.PutUint64(four, binary.LittleEndian.Uint64(four)^wide)
		binary.LittleEndian.PutUint64(four[8:], binary.LittleEndian.Uint64(four[8:])^wide)
		binary.LittleEndian.PutUint64(four[16:], binary.LittleEndian.Uint64(four[16:])^wide)
		binary.LittleEndian.PutUint64(four[24:], binary.LittleEndian.Uint64(four[24:])^wide)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(m)
		m = mask(bits.RotateLeft32(uint32(m), -8))
	}
	return dst, m
}
