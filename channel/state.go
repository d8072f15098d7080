package channel

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
)

// A state is one channel: where it is, and its members. What happens in it happens in one order for all members, that of mu.
type state struct {
	hub  *Hub
	name string

	ready chan struct{} // closed when the subscription stands, or has failed: then stop or err is set
	stop  func()
	err   error

	mu       sync.Mutex // may be held while the shard's is taken, and is taken under the broker's: never call the broker with it
	position Position   // of the last publication that came. Without an epoch none has, and the subscription does not stand yet
	groups   []group    // one for each codec in use; none is empty
	closed   bool       // the last one has left: look it up again
}

// subscribeWithin is how long a broker may take to subscribe.
const subscribeWithin = 10 * time.Second

// subscribe subscribes, for all who wait for it.
func (s *state) subscribe(ctx context.Context) {
	defer close(s.ready)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), subscribeWithin)
	defer cancel()
	at, stop, err := s.hub.options.Log.Subscribe(ctx, s.name, s.receive)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err, s.closed = err, true
		s.hub.shard(s.name).remove(s)
		return
	}
	s.stop = stop
	if s.position.Epoch == "" {
		s.position = at
	}
}

// receive takes a publication from the broker.
func (s *state) receive(epoch string, e *broker.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.position
	if epoch == before.Epoch && e.Offset <= before.Offset {
		return // told twice
	}
	s.position = Position{Epoch: epoch, Offset: e.Offset}
	hole := before.Epoch != "" && (epoch != before.Epoch || e.Offset != before.Offset+1)
	whole := true
	for i := range s.groups {
		g := &s.groups[i]
		packet, err := s.hub.packet(s.name, g.codec, e)
		if hole || err != nil { // it comes from a node that has other codecs
			s.resetLocked(g)
			whole = false
			continue
		}
		g.deliver(packet, e)
	}
	if !whole {
		s.trimLocked()
	}
}

// resetLocked tells all members of a group that something was lost. None of them is a member any more, until it joins again.
func (s *state) resetLocked(g *group) {
	for len(g.joining) > 0 {
		r := g.joining[len(g.joining)-1]
		if r.stage == awaiting { // it has its answer already
			g.admit(r)
			continue
		}
		g.forget(r)
		r.lose()
	}
	packet := s.resetPacketLocked(g.codec)
	for _, m := range g.members {
		m.Deliver(packet)
	}
	g.members, g.places = nil, nil
}

// groupLocked returns the group of a codec, made if need be.
func (s *state) groupLocked(c codec.Codec) *group {
	for i := range s.groups {
		if s.groups[i].codec.Name() == c.Name() {
			return &s.groups[i]
		}
	}
	s.groups = append(s.groups, group{codec: c})
	return &s.groups[len(s.groups)-1]
}

// removeLocked takes m out, a member or one that joins.
func (s *state) removeLocked(m Member) bool {
	g := s.groupLocked(m.Codec())
	place, was := g.find(m)
	if was {
		g.remove(place)
	}
	if r := g.reservation(m); r != nil {
		g.forget(r)
		was = true
	}
	s.trimLocked()
	return was
}

// trimLocked lets go of groups that are empty.
func (s *state) trimLocked() {
	s.groups = slices.DeleteFunc(s.groups, func(g group) bool { return g.empty() })
	if len(s.groups) == 0 {
		s.groups = nil
	}
}

// settle ends the subscription if nobody is left. The caller holds no lock.
func (h *Hub) settle(st *state) {
	st.mu.Lock()
	over := !st.closed && st.stop != nil && len(st.groups) == 0
	if over {
		st.closed = true
		h.shard(st.name).remove(st)
	}
	st.mu.Unlock()
	if over {
		st.stop()
	}
}
