package channel

import (
	"errors"
	"fmt"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
)

// A Publication is something to be published.
type Publication struct {
	Channel, Event string
	// Data is what codec.Encode takes, or a codec.Encoded, which is encoded again for the other codecs. Nil is no payload.
	Data any
	// Key is what the channel keeps only the latest of, or "": see Policy. At most MaxKey bytes.
	Key string
	// Except is the id of a session that is not to get it, or "".
	Except string
	// Keep says how much of the channel is kept.
	Keep broker.Retention
}

// MaxKey is the most bytes of a Publication's Key.
const MaxKey = 255

// ErrKey is returned for a key that is too long.
var ErrKey = errors.New("hawser: the key of a publication is too long")

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

// A TooLargeError is the reason of an EncodeError when the encoded packet would be over the limit.
type TooLargeError struct {
	Size, Limit int // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("it takes %d bytes, and %d is the limit", e.Size, e.Limit)
}

// message encodes p for each codec.
func (h *Hub) message(p *Publication) (broker.Message, error) {
	m := broker.Message{Event: p.Event, Key: p.Key, Except: p.Except}
	switch data := p.Data.(type) {
	case nil: // absent, as with what is sent to one session
		return m, nil
	case codec.Payload:
		if data.Absent() {
			return m, nil
		}
		if !data.Bytes {
			return m, ErrEncodedPayload
		}
	case codec.Encoded:
		if data.Payload.Absent() {
			return m, nil
		}
	}
	m.Payloads = make([]broker.Payload, len(h.options.Codecs))
	for i, c := range h.options.Codecs {
		payload, err := codec.EncodeShared(c, p.Data)
		if err == nil {
			err = h.fits(c, p, payload)
		}
		if err != nil {
			return m, &EncodeError{Channel: p.Channel, Event: p.Event, Codec: c.Name(), Err: err}
		}
		m.Payloads[i] = broker.Payload{Codec: c.Name(), Data: payload.Raw, Bytes: payload.Bytes}
	}
	return m, nil
}

// fits says whether the packet will be too large. Only one that could be is made to find out.
func (h *Hub) fits(c codec.Codec, p *Publication, payload codec.Payload) error {
	limit := h.options.MaxPacket
	if 2*len(payload.Raw)+6*(len(p.Channel)+len(p.Event))+64 <= limit {
		return nil
	}
	packet, err := appendMessage(c, codec.KindMessage, p.Channel, p.Event, codec.MaxInt, payload)
	if err == nil && len(packet) > limit {
		err = &TooLargeError{Size: len(packet), Limit: limit}
	}
	return err
}
