package channel

import (
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A Member receives what is published to the channels that it joined. It is compared with ==, so it should be a pointer. ID and Codec never change.
type Member interface {
	// ID is the id of its session, by which a publication can except it.
	ID() string
	// Codec is what the member's packets are encoded with.
	Codec() codec.Codec
	// Deliver takes one packet of a channel: a publication, one call for each, in the order of their offsets, or a reset. It is called by one goroutine at a
	// time for a channel and by several for several channels. It runs under the channel's lock: it must not block, and must not call the Hub. What becomes of
	// a member that cannot keep up is the member's affair: it reports whether it goes on being one, which it does not if it was told by the notice of the
	// packet's topic that it lost some.
	Deliver(p *session.Packet) bool
	// DeliverVolatile takes a packet without a number: it drops it if it cannot keep up. The same as of Deliver holds.
	DeliverVolatile(p *session.Packet)
	// Resume ends what the notice of a topic began: a membership is over, or begins anew. It may come for a topic that nothing was lost of.
	Resume(t *session.Topic)
	// Room returns how many more packets, and bytes of them, it could take now without falling behind. The same as of Deliver holds.
	Room() (packets, bytes int)
}
