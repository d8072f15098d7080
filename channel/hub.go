package channel

import (
	"context"
	"hash/maphash"
	"sync/atomic"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// Options are what a Hub needs, and its bounds.
type Options struct {
	// Log numbers and keeps the publications. Required.
	Log broker.Log
	// Codecs are those that members may have. Every publication is encoded for each of them, whoever is there: so an error never depends on who listens,
	// and what is kept can be read by everyone. Required.
	Codecs []codec.Codec
	// Policy says how publications of a channel are handed on. It is asked when the channel comes into use. Nil: all have the zero Policy.
	Policy func(channel string) Policy
	// MaxPacket is the most bytes that a publication may take, encoded. Default 1 MiB.
	MaxPacket int
	// KeptPackets and KeptBytes bound what is kept for one member while it joins, and what of its past it gets at once. Defaults 1,024 and 1 MiB.
	KeptPackets int
	KeptBytes   int
	// CachedBytes bounds what all channels together keep encoded of their past while members recover it. Each channel is bounded by KeptPackets and KeptBytes,
	// too, in each codec. Beyond that members share less. Default 64 MiB.
	CachedBytes int
}

// The defaults of Options.
const (
	DefaultMaxPacket   = 1 << 20
	DefaultKeptPackets = 1024
	DefaultKeptBytes   = 1 << 20
	DefaultCachedBytes = 64 << 20
)

func (o *Options) setDefaults() {
	set := func(v *int, to int) {
		if *v <= 0 {
			*v = to
		}
	}
	set(&o.MaxPacket, DefaultMaxPacket)
	set(&o.KeptPackets, DefaultKeptPackets)
	set(&o.KeptBytes, DefaultKeptBytes)
	set(&o.CachedBytes, DefaultCachedBytes)
}

// A Hub holds the members of the channels of one node. A channel exists from its first use; nobody creates it. The hub subscribes to a channel while it has
// members, or some that join.
//
// All methods may be called at the same time. What concerns one channel happens in one order, the same for all its members;
// different channels do not wait for each other. There is no goroutine, no timer but of a channel that gathers (Policy.Every) or that members recover, and
// nothing to close.
type Hub struct {
	options Options
	seed    maphash.Seed
	shards  [shards]shard
	caches  room
	resets  atomic.Uint64 // that members were told of
}

// NewHub returns a Hub without members.
func NewHub(o Options) *Hub {
	o.setDefaults()
	h := &Hub{options: o, seed: maphash.MakeSeed(), caches: room{limit: int64(o.CachedBytes)}}
	for i := range h.shards {
		h.shards[i].channels = map[string]*state{}
	}
	return h
}

func (h *Hub) shard(name string) *shard {
	return &h.shards[maphash.String(h.seed, name)%shards]
}

// codec returns the codec of that name, or nil.
func (h *Hub) codec(name string) codec.Codec {
	for _, c := range h.options.Codecs {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// Publish gives p the next offset of its channel and delivers it to all members, on every node, but the excepted one, which sees a hole in the offsets
// there. It returns the publication's position. With a broker in memory all have got it when Publish returns.
//
// The data is encoded once for each codec, outside of any lock. If that fails for one of them, nobody gets anything, the offset stays, and the error is
// an *EncodeError. Other errors: a *NameError for channel or event, ErrKey, ErrEncodedPayload for a codec.Payload that is neither bytes nor absent,
// ctx's, and the broker's.
func (h *Hub) Publish(ctx context.Context, p Publication) (Position, error) {
	if err := ValidName(p.Channel); err != nil {
		return Position{}, err
	}
	if err := ValidName(p.Event); err != nil {
		return Position{}, err
	}
	if len(p.Key) > MaxKey {
		return Position{}, ErrKey
	}
	m, err := h.message(&p)
	if err != nil {
		return Position{}, err
	}
	return h.options.Log.Append(ctx, p.Channel, m, p.Keep)
}

// Leave ends m's membership, or its joining, whoever wishes it: the member or the server. It calls left under the channel's lock: nothing of the channel
// is delivered after it. left may be nil, must not block and must not call the Hub. Leave reports whether m was a member, or was about to become one; if
// not, left is not called.
func (h *Hub) Leave(name string, m Member, left func()) bool {
	st := h.shard(name).find(name)
	if st == nil {
		return false
	}
	defer h.settle(st)
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.removeLocked(m) {
		return false
	}
	if left != nil {
		left()
	}
	return true
}

// Count returns how many members the channel has now, on this node: those who get what is published.
func (h *Hub) Count(name string) int {
	st := h.shard(name).find(name)
	if st == nil {
		return 0
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	n := 0
	for i := range st.groups {
		n += len(st.groups[i].members)
	}
	return n
}

// Subscribed reports whether the channel is in use on this node, so that Reserve has no need to wait for the broker.
func (h *Hub) Subscribed(name string) bool {
	st := h.shard(name).find(name)
	if st == nil {
		return false
	}
	select {
	case <-st.ready:
		return true
	default:
		return false
	}
}

// Len returns how many channels have members now, on this node, or some that join.
func (h *Hub) Len() int {
	n := 0
	for i := range h.shards {
		n += h.shards[i].len()
	}
	return n
}

// Resets returns how often members were told that they have missed something of a channel.
func (h *Hub) Resets() uint64 { return h.resets.Load() }

// Topic returns what the packets of a channel are of in a codec, on this node: whoever loses something of it is told by a reset, and has to join again. It
// is nil while nobody with that codec is in the channel.
func (h *Hub) Topic(name string, c codec.Codec) *session.Topic {
	st := h.shard(name).find(name)
	if st == nil {
		return nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for i := range st.groups {
		if st.groups[i].codec.Name() == c.Name() {
			return st.groups[i].topic
		}
	}
	return nil
}
