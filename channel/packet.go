package channel

import (
	"errors"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// packet makes the packet of a publication for c.
func (h *Hub) packet(channel string, c codec.Codec, e *broker.Entry) (*session.Packet, error) {
	payload, err := h.Payload(c, e)
	if err != nil {
		return nil, err
	}
	encoded, err := appendMessage(c, channel, e.Event, e.Offset, payload)
	if err != nil {
		return nil, err
	}
	return session.NewPacket(encoded), nil
}

// errForeign is of a publication by a node whose codecs nobody knows here.
var errForeign = errors.New("hawser: encoded in no codec of this server")

// Payload returns the payload of an entry for c. One that comes from a node that does not speak c is encoded again.
func (h *Hub) Payload(c codec.Codec, e *broker.Entry) (codec.Payload, error) {
	if len(e.Payloads) == 0 {
		return codec.Payload{}, nil
	}
	for i := range e.Payloads {
		if p := &e.Payloads[i]; p.Codec == c.Name() {
			return codec.Payload{Raw: p.Data, Bytes: p.Bytes}, nil
		}
	}
	for _, p := range e.Payloads {
		if from := h.codec(p.Codec); from != nil || p.Bytes {
			return codec.Transcode(codec.Payload{Raw: p.Data, Bytes: p.Bytes}, from, c)
		}
	}
	return codec.Payload{}, errForeign
}

func appendMessage(c codec.Codec, channel, event string, offset uint64, data codec.Payload) ([]byte, error) {
	size := len(data.Raw) + len(channel) + len(event) + 32
	return c.AppendPacket(make([]byte, 0, size), &codec.Packet{
		Kind:    codec.KindMessage,
		Channel: channel,
		Offset:  offset,
		Event:   event,
		Data:    data,
	})
}

// resetPacketLocked makes the packet that says that messages were lost up to now.
func (s *state) resetPacketLocked(c codec.Codec) *session.Packet {
	encoded, err := c.AppendPacket(nil, &codec.Packet{
		Kind: codec.KindReset, Channel: s.name, Epoch: s.position.Epoch, Offset: s.position.Offset,
	})
	if err != nil {
		panic("hawser: the codec " + c.Name() + " cannot encode a reset: " + err.Error()) // it was asked for what AppendPacket promises
	}
	return session.NewPacket(encoded)
}
