package codec

import (
	"fmt"
	"math"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// decodeAnyInto decodes checked data without asking for a Go type. The library would give strings for bytes and
// integers whose type depends on how they were written, and would panic on a key that Go cannot hash.
func decodeAnyInto[T any](data []byte, v *T) error {
	if v == nil {
		return fmt.Errorf("msgpack: cannot decode into a nil %T", v)
	}
	decoded, _, err := decodeAny(data, 0)
	if err != nil {
		return err
	}
	typed, ok := decoded.(T)
	if !ok && decoded != nil {
		return fmt.Errorf("msgpack: cannot decode a %T into a %T", decoded, v)
	}
	*v = typed // a nil makes the zero value, as it does with encoding/json
	return nil
}

// decodeAnyMap is how the library decodes a map into an any.
func decodeAnyMap(d *msgpack.Decoder) (any, error) {
	raw, err := d.DecodeRaw()
	if err != nil {
		return nil, err
	}
	v, _, err := decodeAny(raw, 0)
	return v, err
}

// decodeAny decodes the value at that offset of data that was checked.
func decodeAny(b []byte, at int) (v any, next int, err error) {
	h, bad := mpHeadAt(b, at)
	if bad != nil {
		return nil, at, bad
	}
	switch h.form {
	case mpArray:
		list := make([]any, h.n)
		next = h.at
		for i := range list {
			if list[i], next, err = decodeAny(b, next); err != nil {
				return nil, next, err
			}
		}
		return list, next, nil
	case mpMap:
		return decodeAnyPairs(b, h)
	}
	v, err = mpScalar(h.form, h.content(b))
	return v, h.end(), err
}

// decodeAnyPairs makes a map[string]any, unless a key is no string.
func decodeAnyPairs(b []byte, h mpHead) (v any, next int, err error) {
	named := make(map[string]any, h.n)
	var mixed map[any]any
	next = h.at
	for range h.n {
		var key, value any
		if key, next, err = decodeAny(b, next); err != nil {
			return nil, next, err
		}
		if value, next, err = decodeAny(b, next); err != nil {
			return nil, next, err
		}
		name, isName := key.(string)
		switch {
		case isName && mixed == nil:
			named[name] = value
			continue
		case mixed == nil:
			mixed = make(map[any]any, h.n)
			for name, value := range named {
				mixed[name] = value
			}
		}
		switch key.(type) {
		case []byte, []any, map[string]any, map[any]any:
			return nil, next, fmt.Errorf("msgpack: a %T cannot be the key of a map", key)
		}
		mixed[key] = value
	}
	if mixed != nil {
		return mixed, next, nil
	}
	return named, next, nil
}

// mpScalar decodes what is no array or map.
func mpScalar(form mpForm, content []byte) (any, error) {
	switch form {
	case mpNull:
		return nil, nil
	case mpBool:
		return content[0] == mpTrue, nil
	case mpUint:
		n := mpUnsigned(content)
		if n > math.MaxInt64 {
			return n, nil
		}
		return int64(n), nil
	case mpInt:
		return mpSigned(content), nil
	case mpFloat:
		bits := mpUnsigned(content)
		if len(content) == 4 {
			return float64(math.Float32frombits(uint32(bits))), nil
		}
		return math.Float64frombits(bits), nil
	case mpString:
		return string(content), nil
	case mpBytes:
		return append([]byte{}, content...), nil
	default:
		return mpTime(content)
	}
}

// mpTime decodes the timestamp extension, type -1, the only one that Hawser knows.
func mpTime(content []byte) (time.Time, error) {
	const timestamp = 0xff
	if content[0] != timestamp {
		return time.Time{}, fmt.Errorf("msgpack: the extension type %d is unknown", int8(content[0]))
	}
	var seconds int64
	var nanos uint64
	switch content = content[1:]; len(content) {
	case 4:
		seconds = int64(mpUnsigned(content))
	case 8:
		both := mpUnsigned(content)
		seconds, nanos = int64(both&(1<<34-1)), both>>34
	case 12:
		nanos, seconds = mpUnsigned(content[:4]), mpSigned(content[4:])
	default:
		return time.Time{}, fmt.Errorf("msgpack: no timestamp has %d bytes", len(content))
	}
	if nanos >= uint64(time.Second) {
		return time.Time{}, fmt.Errorf("msgpack: a timestamp with %d nanoseconds", nanos)
	}
	return time.Unix(seconds, int64(nanos)).UTC(), nil
}
