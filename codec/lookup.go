package codec

import (
	"encoding/json"

	"github.com/vmihailenco/msgpack/v5"
)

// A looker is a codec that can take a value out of a bigger one as it is encoded.
type looker interface {
	lookup(raw []byte, name string) (value []byte, ok bool, err error)
}

// Lookup returns a field of p, a map with names, and whether it is there. It stays as it is encoded, as far as c can do that. An absent payload has no fields;
// bytes, and what is no map, are an error.
func Lookup(c Codec, p Payload, name string) (value Payload, ok bool, err error) {
	switch {
	case p.Absent():
		return Payload{}, false, nil
	case p.Bytes:
		return Payload{}, false, ErrNotBytes
	}
	if f, is := c.(looker); is {
		value.Raw, ok, err = f.lookup(p.Raw, name)
		return value, ok, err
	}
	var all map[string]any
	if err := c.Unmarshal(p.Raw, &all); err != nil {
		return Payload{}, false, err
	}
	v, ok := all[name]
	if !ok {
		return Payload{}, false, nil
	}
	value.Raw, err = c.Marshal(v)
	return value, err == nil, err
}

func (jsonCodec) lookup(raw []byte, name string) ([]byte, bool, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, false, err
	}
	value, ok := all[name]
	return value, ok, nil
}

func (c msgpackCodec) lookup(raw []byte, name string) ([]byte, bool, error) {
	var all map[string]msgpack.RawMessage
	if err := c.Unmarshal(raw, &all); err != nil {
		return nil, false, err
	}
	value, ok := all[name]
	if ok && value == nil { // a nil is left out by the package
		raw, err := c.Marshal(nil)
		return raw, true, err
	}
	return value, ok, nil
}
