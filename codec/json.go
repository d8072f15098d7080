package codec

import (
	"bytes"
	"encoding/json"
	"sync"
)

// JSON returns the codec "json" (RFC 8259): text frames, packets on lines of their own. Payloads are what encoding/json
// makes of them, without HTML escaping. Marshal refuses what nests deeper than a packet may.
func JSON() Codec { return jsonCodec{} }

type jsonCodec struct{}

func (jsonCodec) Name() string      { return "json" }
func (jsonCodec) Binary() bool      { return false }
func (jsonCodec) Separator() string { return "\n" }

func (c jsonCodec) AppendPacket(dst []byte, p *Packet) ([]byte, error) {
	return appendPacket(c, dst, p)
}

func (c jsonCodec) NextPacket(frame []byte, p *Packet) ([]byte, error) {
	return nextPacket(c, frame, p)
}

func (jsonCodec) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

func (c jsonCodec) Marshal(v any) ([]byte, error) {
	e := jsonEncoders.Get().(*jsonEncoder)
	defer e.release()
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	// Encode ends with a newline.
	raw := bytes.Clone(e.buf.Bytes()[:e.buf.Len()-1])
	if err := checkValue(c, raw); err != nil {
		return nil, err
	}
	return raw, nil
}

// maxPooled is the largest buffer that is kept for the next value.
const maxPooled = 64 << 10

type jsonEncoder struct {
	*json.Encoder
	buf bytes.Buffer
}

var jsonEncoders = sync.Pool{New: func() any {
	e := &jsonEncoder{}
	e.Encoder = json.NewEncoder(&e.buf)
	e.SetEscapeHTML(false)
	return e
}}

func (e *jsonEncoder) release() {
	if e.buf.Cap() > maxPooled {
		return
	}
	e.buf.Reset()
	jsonEncoders.Put(e)
}
