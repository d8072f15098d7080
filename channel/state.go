package channel

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A state is one channel: where it is, and its members. What happens in it happens in one order for all members, that of mu.
type state struct {
	hub  *Hub
	name string
	loss Loss

	ready chan struct{} // closed when the subscription stands, or has failed: then stop or err is set
	stop  func()
	err   error

	mu       sync.Mutex    // may be held while the shard's is taken, and is taken under the broker's: never call the broker with it
	position Position      // of the last publication that came. Without an epoch none has, and the subscription does not stand yet
	groups   []group       // one for each codec in use; none is empty
	gathered *gathering    // nil: publications go on at once
	received uint64        // the last offset that came: behind it is what was gathered
	reached  atomic.Uint64 // position.Offset, for those who do not hold mu
	closed   bool          // the last one has left: look it up again
}

func newState(h *Hub, name string) *state {
	s := &state{hub: h, name: name, ready: make(chan struct{})}
	if h.options.Policy != nil {
		policy := h.options.Policy(name)
		s.loss = policy.Loss
		if policy.Every > 0 {
			s.gathered = &gathering{every: policy.Every}
		}
	}
	return s
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
		s.beginLocked(at)
	}
}

// wait waits for the subscription. Mostly it stands: then nobody asks for the end of ctx, which may cost something.
func (s *state) wait(ctx context.Context) error {
	select {
	case <-s.ready:
		return nil
	default:
	}
	select {
	case <-s.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// beginLocked goes on after a position, with nothing before it.
func (s *state) beginLocked(at Position) {
	s.position = at
	s.received = at.Offset
	s.reached.Store(at.Offset)
}

// receive takes a publication from the broker.
func (s *state) receive(epoch string, e *broker.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.position.Epoch == "":
		s.beginLocked(Position{Epoch: epoch, Offset: e.Offset - 1})
	case epoch != s.position.Epoch, e.Offset > s.received+1:
		s.beginLocked(Position{Epoch: epoch, Offset: e.Offset})
		s.resetLocked()
		return
	case e.Offset <= s.received:
		return // told twice
	}
	s.received = e.Offset
	if s.gathered != nil {
		s.gatherLocked(e)
		return
	}
	s.deliverLocked(e)
}

// deliverLocked hands a publication on.
func (s *state) deliverLocked(e *broker.Entry) {
	s.position.Offset = e.Offset
	s.reached.Store(e.Offset)
	whole := true
	for i := range s.groups {
		g := &s.groups[i]
		packet, err := s.packet(g.codec, g.topic, e)
		if err != nil { // nobody here can have it
			s.resetGroupLocked(g)
			whole = false
			continue
		}
		g.deliver(packet, e, s.loss)
	}
	if !whole {
		s.trimLocked()
	}
}

// resetLocked tells everyone that something was lost, with what was gathered.
func (s *state) resetLocked() {
	s.dismissLocked()
	for i := range s.groups {
		s.resetGroupLocked(&s.groups[i])
	}
	s.trimLocked()
}

// resetGroupLocked tells all members of a group that something was lost. None of them is a member any more, until it joins again.
func (s *state) resetGroupLocked(g *group) {
	for len(g.joining) > 0 {
		r := g.joining[len(g.joining)-1]
		if r.stage == awaiting { // it has its answer already
			g.admit(r)
			continue
		}
		g.forget(r)
		r.lose()
	}
	packet := resetPacket(g.codec, s.name, s.position)
	s.hub.resets.Add(uint64(len(g.members)))
	for _, m := range g.members {
		m.Deliver(packet)
		m.Resume(g.topic)
	}
	for _, m := range g.lapsed { // which know already
		m.Resume(g.topic)
	}
	g.members, g.places, g.lapsed = nil, nil, nil
}

// groupLocked returns the group of a codec, made if need be.
func (s *state) groupLocked(c codec.Codec) *group {
	for i := range s.groups {
		if s.groups[i].codec.Name() == c.Name() {
			return &s.groups[i]
		}
	}
	s.groups = append(s.groups, group{codec: c, topic: s.topicLocked(c)})
	return &s.groups[len(s.groups)-1]
}

// topicLocked returns a topic for what is handed on from now on in a codec. Its notice is a reset, and is asked for while other channels' locks are held.
func (s *state) topicLocked(c codec.Codec) *session.Topic {
	epoch := s.position.Epoch
	return session.NewTopic(func() *session.Packet {
		s.hub.resets.Add(1)
		return resetPacket(c, s.name, Position{Epoch: epoch, Offset: s.reached.Load()})
	})
}

// removeLocked takes m out, a member or one that joins.
func (s *state) removeLocked(m Member) bool {
	was := s.groupLocked(m.Codec()).drop(m)
	s.trimLocked()
	return was
}

// trimLocked lets go of groups that are empty.
func (s *state) trimLocked() {
	for i := range s.groups {
		if g := &s.groups[i]; g.empty() {
			g.cache.close()
		}
	}
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
		st.dismissLocked()
		h.shard(st.name).remove(st)
	}
	st.mu.Unlock()
	if over {
		st.stop()
	}
}
