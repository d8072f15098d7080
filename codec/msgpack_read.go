package codec

import "unicode/utf8"

func (msgpackCodec) open(frame []byte) (at, count int, bad *Error) {
	if len(frame) == 0 {
		return 0, 0, malformed(0, "a frame without a packet")
	}
	h, bad := mpHeadAt(frame, 0)
	if bad == nil && h.form != mpArray {
		bad = malformed(0, "a packet is an array")
	}
	return h.at, h.n, bad
}

func (msgpackCodec) more(_ []byte, at, index, count int) (next int, exists bool, bad *Error) {
	return at, index < count, nil
}

func (msgpackCodec) end(_ []byte, at int) (int, *Error) { return at, nil }

func (msgpackCodec) readUint(frame []byte, at int) (v uint64, next int, bad *Error) {
	h, bad := mpHeadAt(frame, at)
	if bad != nil {
		return 0, at, bad
	}
	v = MaxInt + 1
	switch h.form {
	case mpUint:
		v = mpUnsigned(h.content(frame))
	case mpInt:
		v = uint64(mpSigned(h.content(frame))) // what is negative is over MaxInt now
	}
	if v > MaxInt {
		return 0, at, malformed(at, "not an integer from 0 to 2^53-1")
	}
	return v, h.end(), nil
}

func (msgpackCodec) readString(frame []byte, at int, like string) (v string, next int, bad *Error) {
	h, bad := mpHeadAt(frame, at)
	switch {
	case bad != nil:
		return "", at, bad
	case h.form != mpString:
		return "", at, malformed(at, "not a string")
	case !utf8.Valid(h.content(frame)):
		return "", at, malformed(at, "a string that is not UTF-8")
	}
	if string(h.content(frame)) == like {
		return like, h.end(), nil
	}
	return string(h.content(frame)), h.end(), nil
}

func (msgpackCodec) skip(frame []byte, at, depth int) (int, *Error) { return mpSkip(frame, at, depth) }

// mpSkip checks the value at that offset, which, if it is an array or a map, nests depth deep. MaxDepth bounds its
// recursion.
func mpSkip(b []byte, at, depth int) (int, *Error) {
	h, bad := mpHeadAt(b, at)
	if bad != nil {
		return at, bad
	}
	switch h.form {
	case mpArray, mpMap:
		if depth > MaxDepth {
			return at, malformed(at, "nested deeper than %d", MaxDepth)
		}
		at = h.at
		for range h.values() {
			if at, bad = mpSkip(b, at, depth+1); bad != nil {
				return at, bad
			}
		}
		return at, nil
	case mpString:
		if !utf8.Valid(h.content(b)) {
			return at, malformed(at, "a string that is not UTF-8")
		}
	}
	return h.end(), nil
}

func (msgpackCodec) isMap(raw []byte) bool {
	h, bad := mpHeadAt(raw, 0)
	return bad == nil && h.form == mpMap
}

func (msgpackCodec) toBytes(raw []byte, at int) ([]byte, *Error) {
	h, bad := mpHeadAt(raw, 0)
	if bad == nil && h.form != mpBytes {
		bad = malformed(at, "a payload marked as bytes is a bin")
	}
	if bad != nil {
		return nil, bad
	}
	return h.content(raw), nil
}
