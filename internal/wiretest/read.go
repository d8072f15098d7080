package wiretest

import (
	"fmt"

	"github.com/hawser-go/hawser/codec"
)

// A reader is one wire's place in what comes down.
type reader struct {
	client   *Client
	next     uint64
	welcomed func(error)
}

// frame reads one frame. What must be said to it is returned.
func (r *reader) frame(frame []byte) (say []*codec.Packet, err error) {
	for len(frame) > 0 {
		p := new(codec.Packet)
		rest, err := r.client.Codec.NextPacket(frame, p)
		if err != nil {
			return say, fmt.Errorf("wiretest: the server sent %q: %w", frame, err)
		}
		frame = rest
		said, err := r.packet(p)
		say = append(say, said...)
		if err != nil {
			return say, err
		}
	}
	return say, nil
}

func (r *reader) packet(p *codec.Packet) (say []*codec.Packet, err error) {
	c := r.client
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changedLocked()
	switch {
	case p.Kind == codec.KindWelcome:
		var b codec.Welcome
		if err := codec.Decode(c.Codec, p.Data, &b); err != nil {
			return nil, err
		}
		if c.SID != b.SID {
			c.SID = b.SID
		}
		r.welcomed(nil)
	case p.Kind == codec.KindGone:
		c.closed = p
		r.welcomed(ErrGone)
		return nil, ErrGone
	case p.Kind == codec.KindClose:
		c.closed = p
		r.welcomed(CloseError{p})
		return nil, CloseError{p}
	case p.Kind == codec.KindStart:
		if p.N > c.accepted+1 {
			return nil, fmt.Errorf("wiretest: the server leaped to %d, after %d", p.N, c.accepted)
		}
		r.next = p.N
	case p.Kind == codec.KindPing:
		return []*codec.Packet{{Kind: codec.KindPong, N: p.N}, {Kind: codec.KindAck, N: c.accepted}}, nil
	case p.Kind == codec.KindVolatile:
		c.volatiles = append(c.volatiles, p)
	case p.Kind.Numbered():
		return r.numberedLocked(p)
	}
	return nil, nil
}

func (r *reader) numberedLocked(p *codec.Packet) (say []*codec.Packet, err error) {
	c := r.client
	if r.next == 0 {
		return nil, fmt.Errorf("wiretest: %v before start", p.Kind)
	}
	if r.next == c.accepted+1 {
		c.accepted++
		c.received = append(c.received, p)
	}
	r.next++
	if p.Kind == codec.KindEnd {
		say = append(say, &codec.Packet{Kind: codec.KindAck, N: c.accepted})
	}
	return say, nil
}

func (c *Client) changedLocked() {
	close(c.changed)
	c.changed = make(chan struct{})
}
