package channel

import (
	"hash/maphash"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A Member receives what is published to the channels that it joined. It is compared with ==, so it should be a pointer.
type Member interface {
	// Codec is what the member's packets are encoded with. It never changes.
	Codec() codec.Codec
	// Deliver takes one publication: one call for each, in the order of their offsets, from one goroutine at a time for a channel and
	// from several for several channels. It runs under the channel's lock: it must not block, and must not call the Hub. What
	// becomes of a member that cannot keep up is the member's affair.
	Deliver(p *session.Packet)
}

// Options are the bounds of a Hub. Zero values mean the defaults.
type Options struct {
	// IdleChannels is how many channels without members keep their epoch and offset; beyond that the longest unused are forgotten, and
	// when they are next used they begin a new epoch. Default 16,384. The bound is kept for each of 64 shards: it is rounded up to
	// a multiple of 64, and names that hash unevenly are forgotten somewhat sooner.
	IdleChannels int
	// MaxPacket is the most bytes that a publication may take, encoded. Default 1 MiB.
	MaxPacket int
}

// The defaults of Options.
const (
	DefaultIdleChannels = 16384
	DefaultMaxPacket    = 1 << 20
)

const shards = 64

// A Hub holds the channels of one node. A channel exists from its first use; nobody creates it. Each has an epoch and counts its
// publications.
//
// All methods may be called at the same time. What concerns one channel happens in one order, the same for all its members;
// different channels do not wait for each other. There is no goroutine, no timer and nothing to close.
type Hub struct {
	seed      maphash.Seed
	maxPacket int
	shards    [shards]shard
}

// NewHub returns a Hub without channels.
func NewHub(o Options) *Hub {
	if o.IdleChannels <= 0 {
		o.IdleChannels = DefaultIdleChannels
	}
	if o.MaxPacket <= 0 {
		o.MaxPacket = DefaultMaxPacket
	}
	h := &Hub{seed: maphash.MakeSeed(), maxPacket: o.MaxPacket}
	for i := range h.shards {
		h.shards[i].channels = map[string]*state{}
		h.shards[i].maxIdle = (o.IdleChannels + shards - 1) / shards
	}
	return h
}

func (h *Hub) shard(name string) *shard {
	return &h.shards[maphash.String(h.seed, name)%shards]
}

// Join makes m a member of the channel. It calls joined with the position that m starts from, under the channel's lock: m gets
// every publication after that position, and none is delivered before joined has returned. So what joined appends to the
// member's log, the answer to its request, stands before the first of them. joined may be nil, must not block and must not call
// the Hub.
//
// Joining again changes nothing, and tells the position reached by now. The error is a *NameError, and then joined was not called.
func (h *Hub) Join(name string, m Member, joined func(Position)) error {
	s := h.shard(name)
	st, err := s.lock(name)
	if err != nil {
		return err
	}
	defer st.mu.Unlock()
	first := len(st.groups) == 0
	st.addLocked(m)
	if first {
		s.touch(st)
	}
	if joined != nil {
		joined(st.position)
	}
	return nil
}

// Leave ends m's membership, whoever wishes it: the member or the server. It calls left with the position of the last publication
// that m can have got, under the channel's lock as Join does: nothing of the channel is delivered after it. left may be nil. Leave
// reports whether m was a member; if not, left is not called.
func (h *Hub) Leave(name string, m Member, left func(Position)) bool {
	s := h.shard(name)
	st := s.find(name)
	if st == nil || !st.lockLive() {
		return false // a channel that is not there, or just now was forgotten, has no members
	}
	defer s.trim()
	defer st.mu.Unlock()
	if !st.removeLocked(m) {
		return false
	}
	if st.groups == nil {
		s.touch(st)
	}
	if left != nil {
		left(st.position)
	}
	return true
}

// Publish gives value the next offset of the channel and delivers it to all members except one, which may be nil. It returns the
// publication's position.
//
// value, if it is not nil, is encoded once for each codec that the members use (codec.Encode), outside of the channel's lock. If that fails for any
// of them, nobody gets anything, the offset stays, and the error is an *EncodeError. A channel without members counts all the
// same; nothing is encoded for it. Other errors: a *NameError for channel or event, and ErrEncodedPayload for a codec.Payload
// that is neither bytes nor absent.
//
// The offsets that the excepted member sees have a hole there.
func (h *Hub) Publish(name, event string, value any, except Member) (Position, error) {
	if err := ValidName(event); err != nil {
		return Position{}, err
	}
	if p, ok := value.(codec.Payload); ok && !p.Bytes && !p.Absent() {
		return Position{}, ErrEncodedPayload
	}
	p := publication{channel: name, event: event, value: value}
	s := h.shard(name)
	for {
		position, missing, err := s.publish(&p, except, h.maxPacket)
		if missing == nil {
			return position, err
		}
		if err := p.encode(missing); err != nil {
			return Position{}, err
		}
	}
}

// publish publishes p if it is encoded for all codecs in use, and otherwise returns one that is missing.
func (s *shard) publish(p *publication, except Member, limit int) (Position, codec.Codec, error) {
	st, err := s.lock(p.channel)
	if err != nil {
		return Position{}, nil, err
	}
	defer s.trim()
	defer st.mu.Unlock()
	if c := st.missingLocked(p); c != nil {
		return Position{}, c, nil
	}
	position, err := st.publishLocked(p, except, limit)
	if st.groups == nil {
		s.touch(st)
	}
	return position, nil, err
}

// Count returns how many members the channel has now, on this node.
func (h *Hub) Count(name string) int {
	st := h.shard(name).find(name)
	if st == nil {
		return 0
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.countLocked()
}
