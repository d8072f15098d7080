package codec

import "fmt"

// shareLevels is how much deeper than in a packet of its own a shared payload stands: in a list, of an entry, of an answer (docs/protocol.md §9.1).
const shareLevels = 3

// EncodeShared is Encode for what a channel shares: a publication, what a member shows. It takes an Encoded of another codec, too. What is shared is asked for
// together, and then stands inside of an answer: a value that is too deep for that would spoil it for everybody, and is refused.
func EncodeShared(c Codec, v any) (p Payload, err error) {
	if e, ok := v.(Encoded); ok {
		p, err = Transcode(e.Payload, e.Codec, c)
	} else {
		p, err = Encode(c, v)
	}
	if err == nil {
		err = checkShared(c, p)
	}
	if err != nil {
		return Payload{}, err
	}
	return p, nil
}

func checkShared(c Codec, p Payload) error {
	s, known := c.(syntax)
	if !known || p.Bytes || len(p.Raw) <= MaxDepth-1-shareLevels { // a level takes a byte at least
		return nil
	}
	if _, bad := s.skip(p.Raw, 0, inPacket+shareLevels); bad != nil {
		return fmt.Errorf("%s: at byte %d of what others are to see: it may nest %d deep", s.Name(), bad.Offset, MaxDepth-1-shareLevels)
	}
	return nil
}
