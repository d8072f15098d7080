package channel

import (
	"errors"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// packet makes the packet of a publication. It fails where that comes from a node with other codecs or higher bounds.
func (s *state) packet(c codec.Codec, topic *session.Topic, e *broker.Entry) (*session.Packet, error) {
	payload, err := s.hub.Payload(c, e.Payloads)
	if err != nil {
		return nil, err
	}
	kind := codec.KindMessage
	if s.loss == Drop {
		kind = codec.KindVolatile
	}
	encoded, err := appendMessage(c, kind, s.name, e.Event, e.Offset, payload)
	if err != nil {
		return nil, err
	}
	if limit := s.hub.options.MaxPacket; len(encoded) > limit {
		return nil, &TooLargeError{Size: len(encoded), Limit: limit}
	}
	return topic.Packet(encoded, e.Key), nil
}

// errForeign is of a publication by a node whose codecs nobody knows here.
var errForeign = errors.New("hawser: encoded in no codec of this server")

// Payload returns data, which nodes share, for c. What comes from a node that does not speak c is encoded again.
func (h *Hub) Payload(c codec.Codec, data []broker.Payload) (codec.Payload, error) {
	if len(data) == 0 {
		return codec.Payload{}, nil
	}
	for i := range data {
		if p := &data[i]; p.Codec == c.Name() {
			return codec.Payload{Raw: p.Data, Bytes: p.Bytes}, nil
		}
	}
	for _, p := range data {
		if from := h.codec(p.Codec); from != nil || p.Bytes {
			return codec.Transcode(codec.Payload{Raw: p.Data, Bytes: p.Bytes}, from, c)
		}
	}
	return codec.Payload{}, errForeign
}

func appendMessage(c codec.Codec, kind codec.Kind, channel, event string, offset uint64, data codec.Payload) ([]byte, error) {
	size := len(data.Raw) + len(channel) + len(event) + 32
	return c.AppendPacket(make([]byte, 0, size), &codec.Packet{
		Kind:    kind,
		Channel: channel,
		Offset:  offset,
		Event:   event,
		Data:    data,
	})
}

// resetPacket makes the packet that says that messages of a channel were lost up to a position.
func resetPacket(c codec.Codec, channel string, at Position) *session.Packet {
	encoded, err := c.AppendPacket(nil, &codec.Packet{
		Kind: codec.KindReset, Channel: channel, Epoch: at.Epoch, Offset: at.Offset,
	})
	if err != nil {
		panic("hawser: the codec " + c.Name() + " cannot encode a reset: " + err.Error()) // it was asked for what AppendPacket promises
	}
	return session.NewPacket(encoded)
}
