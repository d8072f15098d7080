// Package codec turns packets into bytes and back.
//
// A packet is one array, of the same shape in every codec (packet.go); a frame is one or more packets together. JSON
// and MessagePack are built in; an application can bring its own by implementing Codec, and codectest checks it.
package codec

import (
	"errors"
	"fmt"
	"sync"
)

// A Codec encodes payloads and packets. Its methods may be called at the same time from any number of goroutines.
type Codec interface {
	// Name names the codec on the wire, in the WebSocket subprotocol ("hawser.v1." + name) and in the query. It is made of
	// the characters a-z, 0-9 and "-".
	Name() string
	// Binary says whether frames are bytes, or else UTF-8 text without carriage returns and without line feeds inside a packet.
	Binary() bool
	// Separator stands between two packets of a frame; "" if packets delimit themselves.
	Separator() string

	// Marshal encodes an application's value.
	Marshal(v any) ([]byte, error)
	// Unmarshal decodes into v, a pointer. It returns an error for data that does not fit, and never panics.
	Unmarshal(data []byte, v any) error

	// AppendPacket appends p, encoded, to dst. It fails only on a packet that cannot be put on the wire (an unknown kind).
	AppendPacket(dst []byte, p *Packet) ([]byte, error)
	// NextPacket decodes the first packet of frame into p, all of whose fields it sets, and returns what follows it and the
	// separator: empty when the packet was the last. The payload aliases frame where it can. Everything malformed is an
	// *Error: an empty frame, syntax, depth over MaxDepth, numbers that are no integer in 0..MaxInt, a missing field, an
	// unknown kind, text that is not UTF-8. A length inside the frame is never trusted, and nothing is allocated for it
	// before the bytes are there. The whole payload is checked, so that it can be passed on as it is. Where the names of the channel and the event are those
	// that p had before, it may keep the strings.
	NextPacket(frame []byte, p *Packet) (rest []byte, err error)
}

// Append appends p, encoded by c, to dst, as Codec.AppendPacket does. It costs no allocation: a packet that an interface is given is on the heap, and one for
// Append need not be.
func Append(c Codec, dst []byte, p *Packet) ([]byte, error) {
	if s, ok := c.(syntax); ok {
		return appendPacket(s, dst, p)
	}
	lent := packets.Get().(*Packet)
	defer packets.Put(lent)
	*lent = *p
	dst, err := c.AppendPacket(dst, lent)
	*lent = Packet{}
	return dst, err
}

// packets are for codecs that are not built in.
var packets = sync.Pool{New: func() any { return new(Packet) }}

// MaxDepth is how deep a packet may nest, the packet's own array included.
const MaxDepth = 128

// An Error says why bytes are not a packet.
type Error struct {
	Codec  string // the codec's name
	Offset int    // where in the frame
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: malformed packet at byte %d: %s", e.Codec, e.Offset, e.Reason)
}

// ErrNotBytes is returned by Decode when a payload that is bytes meets a value that is not, or the other way round.
var ErrNotBytes = errors.New("hawser: the payload is bytes as a whole: decode it into a *[]byte or a *any")

// Encode makes a payload of v: a nil interface makes null, a []byte a payload that is bytes, a Payload itself, everything else what c makes of it.
func Encode(c Codec, v any) (Payload, error) {
	switch v := v.(type) {
	case []byte:
		if v == nil {
			v = []byte{}
		}
		return Payload{Raw: v, Bytes: true}, nil
	case Payload:
		return v, nil
	}
	raw, err := c.Marshal(v)
	if err != nil {
		return Payload{}, err
	}
	return Payload{Raw: raw}, nil
}

// Decode decodes p into v, a pointer. An absent payload leaves v as it is. Bytes go into a *[]byte, a *any or a *Payload, as a copy that
// the caller owns.
func Decode(c Codec, p Payload, v any) error {
	if out, ok := v.(*Payload); ok {
		*out = p
		return nil
	}
	if p.Absent() {
		return nil
	}
	if !p.Bytes {
		return c.Unmarshal(p.Raw, v)
	}
	b := append([]byte{}, p.Raw...)
	switch out := v.(type) {
	case *[]byte:
		*out = b
	case *any:
		*out = b
	default:
		return fmt.Errorf("%w, not a %T", ErrNotBytes, v)
	}
	return nil
}
