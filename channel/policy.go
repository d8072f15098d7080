package channel

import (
	"time"

	"github.com/hawser-go/hawser/session"
)

// A Policy says how the publications of a channel reach a member that cannot keep up, and how often. The zero Policy hands on each at once, and loses none
// in silence: who falls too far behind is reset.
type Policy struct {
	// Loss is what becomes of publications that a member is too slow for.
	Loss Loss
	// Every gathers publications, and hands them on together so long after the first of them; of those with the same key only the latest. Position and order
	// stay. More than Options.KeptPackets and KeptBytes are not gathered: then they go on at once. 0 gathers none.
	Every time.Duration
}

// A Loss says what becomes of publications that a member is too slow for.
type Loss uint8

// The losses.
const (
	// Reset keeps them for the member up to its bounds. Of those with the same key only the latest. Past the bounds the member is reset: it learns that it
	// lost some.
	Reset Loss = iota
	// Drop keeps none, and does not number them: a member gets what its connection takes at the moment.
	Drop
)

// hand gives a packet to a member, and reports whether it goes on being one.
func (l Loss) hand(m Member, p *session.Packet) bool {
	if l == Drop {
		m.DeliverVolatile(p)
		return true
	}
	return m.Deliver(p)
}
