package channel

import (
	"container/list"
	"slices"
	"sync"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A state is one channel: its numbering and its members. What happens in it happens in one order for all members, that of mu.
type state struct {
	name string

	mu sync.Mutex // may be held while the shard's is taken, never the other way round
	// position of the last publication. Without an epoch the channel was forgotten: look it up again.
	position Position
	groups   []group // one for each codec in use; none is empty

	idle *list.Element // in the shard's idle list while there are no members; guarded by the shard's mutex
}

// lockLive locks s, unless it was forgotten since it was found.
func (s *state) lockLive() bool {
	s.mu.Lock()
	if s.position.Epoch == "" {
		s.mu.Unlock()
		return false
	}
	return true
}

func (s *state) countLocked() int {
	n := 0
	for i := range s.groups {
		n += len(s.groups[i].members)
	}
	return n
}

func (s *state) groupLocked(c codec.Codec) int {
	for i := range s.groups {
		if s.groups[i].codec.Name() == c.Name() {
			return i
		}
	}
	return -1
}

func (s *state) addLocked(m Member) {
	i := s.groupLocked(m.Codec())
	if i < 0 {
		i = len(s.groups)
		s.groups = append(s.groups, group{codec: m.Codec()})
	}
	if _, ok := s.groups[i].find(m); !ok {
		s.groups[i].add(m)
	}
}

func (s *state) removeLocked(m Member) bool {
	i := s.groupLocked(m.Codec())
	if i < 0 {
		return false
	}
	g := &s.groups[i]
	place, ok := g.find(m)
	if !ok {
		return false
	}
	g.remove(place)
	if len(g.members) == 0 {
		s.groups = slices.Delete(s.groups, i, i+1)
	}
	if len(s.groups) == 0 {
		s.groups = nil // idle channels keep no memory but their position
	}
	return true
}

// missingLocked returns a codec in use that p has no payload for yet, or nil.
func (s *state) missingLocked(p *publication) codec.Codec {
	for i := range s.groups {
		if _, ok := p.payload(s.groups[i].codec); !ok {
			return s.groups[i].codec
		}
	}
	return nil
}

// publishLocked gives p the next number and hands it to every member but except. On an error nothing has happened.
func (s *state) publishLocked(p *publication, except Member, limit int) (Position, error) {
	next := Position{Epoch: s.position.Epoch, Offset: s.position.Offset + 1}
	var usual [2]*session.Packet
	packets := usual[:0]
	for i := range s.groups {
		packet, err := p.packet(s.groups[i].codec, next.Offset, limit)
		if err != nil {
			return Position{}, err
		}
		packets = append(packets, packet)
	}
	s.position = next
	for i, packet := range packets {
		for _, m := range s.groups[i].members {
			if m != except {
				m.Deliver(packet)
			}
		}
	}
	return next, nil
}
