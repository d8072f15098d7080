package codec

import (
	"encoding/json"

	"github.com/vmihailenco/msgpack/v5"
)

// An Embedder is a Codec that can put an encoded value into a bigger one without knowing what it was made of. JSON and MessagePack are; for a codec that is
// not, values are encoded where they stand.
type Embedder interface {
	// Embed returns a value that Marshal writes as raw, which it made.
	Embed(raw []byte) any
}

func (jsonCodec) Embed(raw []byte) any    { return json.RawMessage(raw) }
func (msgpackCodec) Embed(raw []byte) any { return msgpack.RawMessage(raw) }

// Embed returns a value that Marshal writes as raw does, which c made.
func Embed(c Codec, raw []byte) (v any, err error) {
	if e, ok := c.(Embedder); ok {
		return e.Embed(raw), nil
	}
	err = c.Unmarshal(raw, &v)
	return v, err
}

// Embeddable encodes v now, as far as c can, so that what is returned runs no code of the application's when it is encoded as a part of something. Nil
// stays nil.
func Embeddable(c Codec, v any) (any, error) {
	e, ok := c.(Embedder)
	if !ok || v == nil {
		return v, nil
	}
	raw, err := c.Marshal(v)
	if err != nil {
		return nil, err
	}
	return e.Embed(raw), nil
}
