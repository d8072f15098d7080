package codec

import "encoding/binary"

// The first bytes of values, as the MessagePack specification names them. The fixed forms hold a number in their low
// bits.
const (
	mpFixMap   = 0x80
	mpFixArray = 0x90
	mpFixStr   = 0xa0
	mpNil      = 0xc0
	mpFalse    = 0xc2
	mpTrue     = 0xc3
	mpBin8     = 0xc4
	mpBin16    = 0xc5
	mpBin32    = 0xc6
	mpExt8     = 0xc7
	mpExt16    = 0xc8
	mpExt32    = 0xc9
	mpFloat32  = 0xca
	mpFloat64  = 0xcb
	mpUint8    = 0xcc
	mpUint16   = 0xcd
	mpUint32   = 0xce
	mpUint64   = 0xcf
	mpInt8     = 0xd0
	mpInt16    = 0xd1
	mpInt32    = 0xd2
	mpInt64    = 0xd3
	mpFixExt1  = 0xd4
	mpFixExt2  = 0xd5
	mpFixExt4  = 0xd6
	mpFixExt8  = 0xd7
	mpFixExt16 = 0xd8
	mpStr8     = 0xd9
	mpStr16    = 0xda
	mpStr32    = 0xdb
	mpArray16  = 0xdc
	mpArray32  = 0xdd
	mpMap16    = 0xde
	mpMap32    = 0xdf
	mpNegative = 0xe0
)

// A mpForm is how a value's content is to be read.
type mpForm uint8

const (
	mpInvalid   mpForm = iota
	mpNull             // no content
	mpBool             // the first byte itself
	mpUint             // a big-endian integer
	mpInt              // a big-endian integer, two's complement; a fixint is one of one byte
	mpFloat            // IEEE 754
	mpString           // UTF-8
	mpBytes            // bytes
	mpExtension        // a byte that says the type, and bytes
	mpArray            // elements
	mpMap              // pairs of elements
)

// mpForms gives, for the codes from 0xc0 to 0xdf, the form, and the length of the content or else the length of its
// length.
var mpForms = [0x20]struct {
	form         mpForm
	length       uint8
	lengthLength uint8
}{
	mpNil - 0xc0:      {mpNull, 0, 0},
	mpBin8 - 0xc0:     {mpBytes, 0, 1},
	mpBin16 - 0xc0:    {mpBytes, 0, 2},
	mpBin32 - 0xc0:    {mpBytes, 0, 4},
	mpExt8 - 0xc0:     {mpExtension, 0, 1},
	mpExt16 - 0xc0:    {mpExtension, 0, 2},
	mpExt32 - 0xc0:    {mpExtension, 0, 4},
	mpFloat32 - 0xc0:  {mpFloat, 4, 0},
	mpFloat64 - 0xc0:  {mpFloat, 8, 0},
	mpUint8 - 0xc0:    {mpUint, 1, 0},
	mpUint16 - 0xc0:   {mpUint, 2, 0},
	mpUint32 - 0xc0:   {mpUint, 4, 0},
	mpUint64 - 0xc0:   {mpUint, 8, 0},
	mpInt8 - 0xc0:     {mpInt, 1, 0},
	mpInt16 - 0xc0:    {mpInt, 2, 0},
	mpInt32 - 0xc0:    {mpInt, 4, 0},
	mpInt64 - 0xc0:    {mpInt, 8, 0},
	mpFixExt1 - 0xc0:  {mpExtension, 1, 0},
	mpFixExt2 - 0xc0:  {mpExtension, 2, 0},
	mpFixExt4 - 0xc0:  {mpExtension, 4, 0},
	mpFixExt8 - 0xc0:  {mpExtension, 8, 0},
	mpFixExt16 - 0xc0: {mpExtension, 16, 0},
	mpStr8 - 0xc0:     {mpString, 0, 1},
	mpStr16 - 0xc0:    {mpString, 0, 2},
	mpStr32 - 0xc0:    {mpString, 0, 4},
	mpArray16 - 0xc0:  {mpArray, 0, 2},
	mpArray32 - 0xc0:  {mpArray, 0, 4},
	mpMap16 - 0xc0:    {mpMap, 0, 2},
	mpMap32 - 0xc0:    {mpMap, 0, 4},
}

// A mpHead says what a value is and where its content stands.
type mpHead struct {
	form mpForm
	// n is the length of the content in bytes; of an array in elements, of a map in pairs.
	n int
	// at is where the content starts.
	at int
}

// end is where the content ends, of what is no array or map.
func (h mpHead) end() int { return h.at + h.n }

func (h mpHead) content(b []byte) []byte { return b[h.at:h.end()] }

// values is the number of values inside an array or a map.
func (h mpHead) values() int {
	if h.form == mpMap {
		return 2 * h.n
	}
	return h.n
}

// mpHeadAt reads the head of the value at that offset. Its content is there in full; of arrays and maps, there is at
// least a byte for every value.
func mpHeadAt(b []byte, at int) (h mpHead, bad *Error) {
	if at >= len(b) {
		return h, malformed(at, "it ends where a value should be")
	}
	code := b[at]
	switch {
	case code < mpFixMap || code >= mpNegative:
		return mpHead{mpInt, 1, at}, nil
	case code == mpFalse || code == mpTrue:
		return mpHead{mpBool, 1, at}, nil
	case code < mpFixArray:
		h = mpHead{mpMap, int(code & 0x0f), at + 1}
	case code < mpFixStr:
		h = mpHead{mpArray, int(code & 0x0f), at + 1}
	case code < mpNil:
		h = mpHead{mpString, int(code & 0x1f), at + 1}
	default:
		f := mpForms[code-mpNil]
		h = mpHead{f.form, int(f.length), at + 1}
		if f.form == mpInvalid {
			return h, malformed(at, "the byte 0x%02x starts no value", code)
		}
		if k := int(f.lengthLength); k > 0 {
			if k > len(b)-h.at {
				return h, malformed(at, "it ends inside a length")
			}
			h.n = int(mpUnsigned(b[h.at : h.at+k]))
			h.at += k
		}
		if h.form == mpExtension {
			h.n++ // the type
		}
	}
	if left := len(b) - h.at; h.n < 0 || h.n > left || h.values() > left {
		return h, malformed(at, "it ends inside a value of length %d", h.n)
	}
	return h, nil
}

// mpUnsigned reads a big-endian integer of 1, 2, 4 or 8 bytes.
func mpUnsigned(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	default:
		return binary.BigEndian.Uint64(b)
	}
}

// mpSigned reads a big-endian integer of 1, 2, 4 or 8 bytes in two's complement.
func mpSigned(b []byte) int64 {
	unused := 64 - 8*len(b)
	return int64(mpUnsigned(b)<<unused) >> unused
}
