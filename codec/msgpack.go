package codec

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// MessagePack returns the codec "msgpack" (https://github.com/msgpack/msgpack/blob/master/spec.md): binary frames,
// packets one after another. Payloads are what vmihailenco/msgpack makes of them, with integers in their shortest form,
// struct fields named by their json tags (of whose options omitempty counts), and time.Time as timestamp extension.
//
// Marshal refuses what a peer would refuse: strings that are not UTF-8, and what nests deeper than a packet may.
//
// Unmarshal into an any, a map[string]any or a []any gives int64 (uint64 for what is beyond it), float64, string,
// []byte, bool, time.Time, []any and map[string]any, or map[any]any where a key is no string. An any inside a struct
// holds the same, except that integers may be uint64 and bytes, unless they are inside a map, are strings: declare such
// a field as []byte. Integers that do not fit their Go type are cut, as in a Go conversion.
func MessagePack() Codec { return msgpackCodec{} }

type msgpackCodec struct{}

func (msgpackCodec) Name() string      { return "msgpack" }
func (msgpackCodec) Binary() bool      { return true }
func (msgpackCodec) Separator() string { return "" }

func (c msgpackCodec) AppendPacket(dst []byte, p *Packet) ([]byte, error) {
	return appendPacket(c, dst, p)
}

func (c msgpackCodec) NextPacket(frame []byte, p *Packet) ([]byte, error) {
	return nextPacket(c, frame, p)
}

func (c msgpackCodec) Marshal(v any) (raw []byte, err error) {
	e := msgpackEncoders.Get().(*msgpackEncoder)
	e.Reset(&e.buf)
	e.SetCustomStructTag("json")
	e.UseCompactInts(true)
	if err := e.encode(v); err != nil {
		return nil, err // and the encoder, whose state is unknown, is left to the collector
	}
	raw = bytes.Clone(e.buf.Bytes())
	e.release()
	if err := checkValue(c, raw); err != nil {
		return nil, err
	}
	return raw, nil
}

func (c msgpackCodec) Unmarshal(data []byte, v any) error {
	// The library allocates for lengths and recurses for depths that data only claims.
	if err := checkValue(c, data); err != nil {
		return err
	}
	switch v := v.(type) {
	case *any:
		return decodeAnyInto(data, v)
	case *map[string]any:
		return decodeAnyInto(data, v)
	case *[]any:
		return decodeAnyInto(data, v)
	}
	d := msgpackDecoders.Get().(*msgpackDecoder)
	d.src.reset(data)
	d.Reset(&d.src)
	d.SetCustomStructTag("json")
	d.UseLooseInterfaceDecoding(true)
	d.SetMapDecoder(decodeAnyMap)
	if err := d.decode(v); err != nil {
		return err
	}
	d.src.reset(nil)
	msgpackDecoders.Put(d)
	return nil
}

type msgpackEncoder struct {
	*msgpack.Encoder
	buf bytes.Buffer
}

var msgpackEncoders = sync.Pool{New: func() any { return &msgpackEncoder{Encoder: msgpack.NewEncoder(nil)} }}

func (e *msgpackEncoder) encode(v any) (err error) {
	defer recoverInto(&err)
	return e.Encode(v)
}

func (e *msgpackEncoder) release() {
	if e.buf.Cap() > maxPooled {
		return
	}
	e.buf.Reset()
	msgpackEncoders.Put(e)
}

type msgpackDecoder struct {
	*msgpack.Decoder
	src msgpackSource
}

var msgpackDecoders = sync.Pool{New: func() any { return &msgpackDecoder{Decoder: msgpack.NewDecoder(nil)} }}

func (d *msgpackDecoder) decode(v any) (err error) {
	defer recoverInto(&err)
	return d.Decode(v)
}

// recoverInto makes an error of a panic. The library panics, through reflect, on data that does not fit some types: a
// key that is a list, say, into a map[any]int, or a string into a field of an interface type with methods.
func recoverInto(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("msgpack: the data and the Go type do not fit: %v", cause)
	}
}
