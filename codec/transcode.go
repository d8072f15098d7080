package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// An Encoded is a payload and the codec that made it: what a client published, on its way to those who speak another codec.
type Encoded struct {
	Codec   Codec
	Payload Payload
}

// Transcode makes a payload of one codec one of another. Bytes stay as they are; a value is decoded without a Go type and encoded again, as the table of
// docs/protocol.md §8 has it: integers stay integers, and where there are only names, a map's numbers become digits. It fails where the other codec
// has no such value: NaN, an extension that nobody knows, or two fields of the same name.
func Transcode(p Payload, from, to Codec) (Payload, error) {
	if p.Absent() || p.Bytes || from.Name() == to.Name() {
		return p, nil
	}
	var v any
	var err error
	if e, ok := from.(exact); ok {
		v, err = e.decodeExact(p.Raw)
	} else {
		err = from.Unmarshal(p.Raw, &v)
	}
	if err != nil {
		return Payload{}, err
	}
	if v, err = named(v); err != nil {
		return Payload{}, err
	}
	raw, err := to.Marshal(v)
	if err != nil {
		return Payload{}, err
	}
	return Payload{Raw: raw}, nil
}

// exact is a codec whose Unmarshal into an any would lose something.
type exact interface {
	decodeExact(raw []byte) (any, error)
}

func (jsonCodec) decodeExact(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return numbers(v)
}

// numbers makes int64, uint64 or float64 of each json.Number in v.
func numbers(v any) (any, error) {
	return each(v, func(v any) (any, error) {
		n, ok := v.(json.Number)
		if !ok {
			return v, nil
		}
		if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
			return i, nil
		}
		if u, err := strconv.ParseUint(string(n), 10, 64); err == nil {
			return u, nil
		}
		return strconv.ParseFloat(string(n), 64)
	})
}

// named makes a map[string]any of each map[any]any in v.
func named(v any) (any, error) {
	return each(v, func(v any) (any, error) {
		mixed, ok := v.(map[any]any)
		if !ok {
			return v, nil
		}
		m := make(map[string]any, len(mixed))
		for key, value := range mixed {
			switch key := key.(type) {
			case string, int64, uint64:
				name := fmt.Sprint(key)
				if _, twice := m[name]; twice {
					return nil, fmt.Errorf("%q is the name of two fields", name)
				}
				m[name] = value
			default:
				return nil, fmt.Errorf("a %T cannot be the name of a field", key)
			}
		}
		return m, nil
	})
}

// each changes v and what is in it, from the inside out.
func each(v any, change func(any) (any, error)) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = each(v[i], change); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range v {
			if v[key], err = each(v[key], change); err != nil {
				return nil, err
			}
		}
	case map[any]any:
		for key := range v {
			if v[key], err = each(v[key], change); err != nil {
				return nil, err
			}
		}
	}
	return change(v)
}
