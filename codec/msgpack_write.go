package codec

import (
	"encoding/binary"
	"errors"
	"math"
)

func (msgpackCodec) appendOpen(dst []byte, count int) []byte {
	// No packet has more elements than the shortest form of an array counts.
	return append(dst, mpFixArray|byte(count))
}

func (msgpackCodec) appendNext(dst []byte) []byte  { return dst }
func (msgpackCodec) appendClose(dst []byte) []byte { return dst }

func (msgpackCodec) appendUint(dst []byte, v uint64) []byte {
	switch {
	case v <= math.MaxInt8:
		return append(dst, byte(v))
	case v <= math.MaxUint8:
		return append(dst, mpUint8, byte(v))
	case v <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, mpUint16), uint16(v))
	case v <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, mpUint32), uint32(v))
	default:
		return binary.BigEndian.AppendUint64(append(dst, mpUint64), v)
	}
}

func (msgpackCodec) appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, mpTrue)
	}
	return append(dst, mpFalse)
}

func (msgpackCodec) beginMap(dst []byte) []byte { return append(dst, mpFixMap) }

func (msgpackCodec) endMap(dst []byte, start, fields int) []byte {
	dst[start] |= byte(fields)
	return dst
}

func (c msgpackCodec) appendKey(dst []byte, _ int, name string) []byte {
	return c.appendString(dst, name)
}

func (msgpackCodec) appendString(dst []byte, v string) []byte {
	switch n := len(v); {
	case n < 32:
		dst = append(dst, mpFixStr|byte(n))
	case n <= math.MaxUint8:
		dst = append(dst, mpStr8, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, mpStr16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, mpStr32), uint32(n))
	}
	return append(dst, v...)
}

func (msgpackCodec) appendBytes(dst, v []byte) []byte {
	switch n := len(v); {
	case n <= math.MaxUint8:
		dst = append(dst, mpBin8, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, mpBin16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, mpBin32), uint32(n))
	}
	return append(dst, v...)
}

func (msgpackCodec) appendValue(dst, raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return nil, errors.New("an empty payload is no MessagePack")
	}
	return append(dst, raw...), nil
}
