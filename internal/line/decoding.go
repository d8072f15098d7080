package line

import (
	"sync"

	"github.com/hawser-go/hawser/codec"
)

// A Received is a packet that came up.
type Received struct {
	codec.Packet
	Room int // that it takes in the inbox, once it was accepted; 0: none
	size int // of its encoded form
}

// together is how many packets are decoded before they are accepted, under one lock.
const together = 16

// A decoding is for the packets of frames, one after another. It remembers names, for the next packet that has them too: clients use few, and often the same
// one again.
type decoding struct {
	packets        [together]Received // whoever takes one in copies it. Those from n on are empty
	n              int
	accepted       [together]*Received // room for those of packets that were
	channel, event string
}

var decodings = sync.Pool{New: func() any { return new(decoding) }}

// maxName is more than the name of a channel or an event may have.
const maxName = 256

// next decodes the first packet of frame, which is not one of packets until it is kept: see Codec.NextPacket.
func (d *decoding) next(c codec.Codec, frame []byte) (r *Received, rest []byte, err error) {
	r = &d.packets[d.n]
	r.Channel, r.Event = d.channel, d.event
	if rest, err = c.NextPacket(frame, &r.Packet); err != nil {
		*r = Received{}
		return nil, nil, err
	}
	remember(&d.channel, r.Channel)
	remember(&d.event, r.Event)
	r.size = len(frame) - len(rest)
	return r, rest, nil
}

func remember(place *string, name string) {
	if name != "" && len(name) < maxName {
		*place = name
	}
}

// keep adds the packet that was decoded last, and reports whether there is room for another one.
func (d *decoding) keep() (room bool) {
	d.n++
	return d.n < together
}

// empty forgets the packets.
func (d *decoding) empty() {
	clear(d.packets[:d.n])
	d.n = 0
}
