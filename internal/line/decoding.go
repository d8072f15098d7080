package line

import (
	"sync"

	"github.com/hawser-go/hawser/codec"
)

// A decoding is for the packets of a frame, one after another. It remembers names, for the next packet that has them too: clients use few, and often the same
// one again.
type decoding struct {
	packet         codec.Packet // whoever takes it in copies it
	channel, event string
}

var decodings = sync.Pool{New: func() any { return new(decoding) }}

// maxName is more than the name of a channel or an event may have.
const maxName = 256

// next decodes the first packet of frame: see Codec.NextPacket.
func (d *decoding) next(c codec.Codec, frame []byte) (rest []byte, err error) {
	d.packet.Channel, d.packet.Event = d.channel, d.event
	if rest, err = c.NextPacket(frame, &d.packet); err != nil {
		return nil, err
	}
	remember(&d.channel, d.packet.Channel)
	remember(&d.event, d.packet.Event)
	return rest, nil
}

func remember(place *string, name string) {
	if name != "" && len(name) < maxName {
		*place = name
	}
}

// done gives d back.
func (d *decoding) done() {
	d.packet = codec.Packet{}
	decodings.Put(d)
}
