package hawser

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// sendWith sends a packet with data as its payload.
func (s *clientSession) sendWith(p codec.Packet, data any) error {
	if err := s.load(&p, data); err != nil {
		return err
	}
	encoded, err := session.Borrow(func(dst []byte) ([]byte, error) { return s.append(dst, &p) })
	if err != nil {
		return err
	}
	return s.send(encoded)
}

// encode makes a packet with data as its payload, for any number of sessions with the same codec; a nil data leaves the payload out.
func (s *clientSession) encode(p codec.Packet, data any) (*session.Packet, error) {
	if err := s.load(&p, data); err != nil {
		return nil, err
	}
	encoded, err := s.append(nil, &p)
	if err != nil {
		return nil, err
	}
	return session.NewPacket(encoded), nil
}

// load makes data the payload of p.
func (s *clientSession) load(p *codec.Packet, data any) (err error) {
	if data == nil {
		return nil
	}
	if p.Data, err = codec.Encode(s.line.Codec(), data); err != nil {
		return fmt.Errorf("hawser: the data of %q cannot be encoded: %w", p.Event, err)
	}
	return nil
}

// append appends p to dst, encoded, if it is not too large.
func (s *clientSession) append(dst []byte, p *codec.Packet) ([]byte, error) {
	encoded, err := codec.Append(s.line.Codec(), slices.Grow(dst, roomFor(p)), p)
	if err != nil {
		return nil, err
	}
	if limit := s.server.options.MaxPayload; len(encoded) > limit {
		return nil, Errorf(CodePayloadTooLarge, "%d bytes are over the limit of %d (Options.MaxPayload): send it in parts", len(encoded), limit)
	}
	return encoded, nil
}

// roomFor is about how many bytes a packet takes, so that it is seldom moved while it is encoded.
func roomFor(p *codec.Packet) int {
	data := len(p.Data.Raw)
	if p.Data.Bytes {
		data += data/3 + 4 // as text
	}
	return data + len(p.Channel) + len(p.Event) + len(p.Code) + len(p.Message) + 32
}

func (s *clientSession) send(p *session.Packet) error {
	err := s.line.Send(p)
	switch {
	case errors.Is(err, session.ErrEnded):
		return ErrSessionEnded
	case errors.Is(err, session.ErrOverflow):
		return ErrOverflow
	}
	return err
}
