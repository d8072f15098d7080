package channel

import (
	"errors"
	"fmt"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// ErrEncodedPayload is returned for a value that one codec has encoded: members with another codec could not read it.
var ErrEncodedPayload = errors.New("hawser: an encoded payload cannot be published: publish the value it was made of")

// An EncodeError says that a publication could not be encoded, and for which codec. Nobody got it.
type EncodeError struct {
	Channel, Event string
	Codec          string
	Err            error
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("hawser: cannot publish %q to %q in codec %s: %v", e.Event, e.Channel, e.Codec, e.Err)
}

func (e *EncodeError) Unwrap() error { return e.Err }

// A TooLargeError is the reason of an EncodeError when the encoded packet is over the limit.
type TooLargeError struct {
	Size, Limit int // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("it takes %d bytes, and %d is the limit", e.Size, e.Limit)
}

// A publication is a value on its way to the members of a channel. Its payload is encoded outside of any lock, because the
// application's own MarshalJSON may run then; only the packet around it has to wait for the number.
type publication struct {
	channel, event string
	value          any
	payloads       []encodedPayload // one for each codec met so far: rarely more than one
}

type encodedPayload struct {
	codec string
	codec.Payload
}

func (p *publication) payload(c codec.Codec) (codec.Payload, bool) {
	for i := range p.payloads {
		if p.payloads[i].codec == c.Name() {
			return p.payloads[i].Payload, true
		}
	}
	return codec.Payload{}, false
}

// encode encodes the payload for c.
func (p *publication) encode(c codec.Codec) error {
	var payload codec.Payload // absent for nil, as with what is sent to one session
	if p.value != nil {
		var err error
		if payload, err = codec.Encode(c, p.value); err != nil {
			return p.failed(c, err)
		}
	}
	p.payloads = append(p.payloads, encodedPayload{c.Name(), payload})
	return nil
}

// packet makes the packet for c, whose payload has been encoded, with its number.
func (p *publication) packet(c codec.Codec, offset uint64, limit int) (*session.Packet, error) {
	payload, _ := p.payload(c)
	size := len(payload.Raw) + len(p.channel) + len(p.event) + 32
	encoded, err := c.AppendPacket(make([]byte, 0, size), &codec.Packet{
		Kind:    codec.KindMessage,
		Channel: p.channel,
		Offset:  offset,
		Event:   p.event,
		Data:    payload,
	})
	if err != nil {
		return nil, p.failed(c, err)
	}
	if len(encoded) > limit {
		return nil, p.failed(c, &TooLargeError{Size: len(encoded), Limit: limit})
	}
	return session.NewPacket(encoded), nil
}

func (p *publication) failed(c codec.Codec, err error) error {
	return &EncodeError{Channel: p.channel, Event: p.event, Codec: c.Name(), Err: err}
}
