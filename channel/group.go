package channel

import (
	"slices"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A group is the members of a channel that speak the same codec, in no order, and those who join.
type group struct {
	codec   codec.Codec
	members []Member
	places  map[Member]int // where each stands in members; nil while there are few
	joining []*Reservation // each knows its place
	lapsed  []Member       // that lost something, were told so, and have neither joined again nor left
	topic   *session.Topic // of its packets
	cache   *cache         // of past ones; nil: nobody shares any
}

func (g *group) empty() bool { return len(g.members) == 0 && len(g.joining) == 0 && len(g.lapsed) == 0 }

// pastPackets returns the cache of the group's past packets. It is nil while there is but one to use it.
func (g *group) pastPackets(h *Hub) *cache {
	if g.cache == nil && len(g.members)+len(g.joining)+len(g.lapsed) > 1 {
		g.cache = &cache{hub: h}
	}
	return g.cache
}

// deliver hands the packet of e to everyone.
func (g *group) deliver(p *session.Packet, e *broker.Entry, l Loss) {
	if l == Drop {
		g.offer(p, e.Except)
	} else {
		g.hand(p, e.Except)
	}
	for i := len(g.joining) - 1; i >= 0; i-- {
		g.joining[i].take(g, p, e)
	}
}

// hand gives p to all members, but the one with the id except.
func (g *group) hand(p *session.Packet, except string) {
	for i := len(g.members) - 1; i >= 0; i-- { // from the end: one that lapses goes out
		m := g.members[i]
		if except != "" && except == m.ID() {
			continue
		}
		if !m.Deliver(p) {
			g.lapse(i)
		}
	}
}

// offer is hand for what may be dropped.
func (g *group) offer(p *session.Packet, except string) {
	for _, m := range g.members {
		if except == "" || except != m.ID() {
			m.DeliverVolatile(p)
		}
	}
}

// lapse takes the member at place out, which was told that it lost something.
func (g *group) lapse(place int) {
	g.lapsed = append(g.lapsed, g.members[place])
	g.remove(place)
}

// drop takes m out, whatever it is here, and reports whether it was anything.
func (g *group) drop(m Member) (was bool) {
	if place, ok := g.find(m); ok {
		g.remove(place)
		was = true
	}
	if r := g.reservation(m); r != nil {
		g.forget(r)
		was = true
	}
	if i := slices.Index(g.lapsed, m); i >= 0 {
		g.lapsed = slices.Delete(g.lapsed, i, i+1)
		was = true
	}
	if was {
		m.Resume(g.topic)
	}
	return was
}

// reserve adds a reservation.
func (g *group) reserve(r *Reservation) {
	r.place = len(g.joining)
	g.joining = append(g.joining, r)
}

// reservation returns that of m, or nil.
func (g *group) reservation(m Member) *Reservation {
	for _, r := range g.joining {
		if r.member == m {
			return r
		}
	}
	return nil
}

// forget takes a reservation out.
func (g *group) forget(r *Reservation) {
	last := len(g.joining) - 1
	moved := g.joining[last]
	g.joining[r.place], moved.place = moved, r.place
	g.joining[last] = nil
	g.joining = g.joining[:last]
	if last == 0 {
		g.joining = nil
	}
	r.stage, r.place = over, nowhere
}

// admit makes a member of one who joins.
func (g *group) admit(r *Reservation) {
	g.forget(r)
	g.add(r.member)
}

// few is how many members are looked through one by one: a map for them would cost more memory than time.
const few = 16

func (g *group) find(m Member) (place int, ok bool) {
	if g.places != nil {
		place, ok = g.places[m]
		return place, ok
	}
	for i := range g.members {
		if g.members[i] == m {
			return i, true
		}
	}
	return 0, false
}

// add adds m, which is not in the group.
func (g *group) add(m Member) {
	g.members = append(g.members, m)
	switch {
	case g.places != nil:
		g.places[m] = len(g.members) - 1
	case len(g.members) > few:
		g.index()
	}
}

// remove removes the member at place.
func (g *group) remove(place int) {
	last := len(g.members) - 1
	if g.places != nil {
		g.places[g.members[last]] = place
		delete(g.places, g.members[place])
	}
	g.members[place] = g.members[last]
	g.members[last] = nil
	g.members = g.members[:last]
	if cap(g.members) > 4*few && last < cap(g.members)/4 {
		g.shrink()
	}
}

// shrink gives back what a channel that was crowded once no longer needs. A map never does that by itself.
func (g *group) shrink() {
	g.members = append(make([]Member, 0, 2*len(g.members)), g.members...)
	g.places = nil
	if len(g.members) > few {
		g.index()
	}
}

func (g *group) index() {
	g.places = make(map[Member]int, len(g.members))
	for i, m := range g.members {
		g.places[m] = i
	}
}
