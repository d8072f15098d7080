package channel

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/session"
)

// A cache holds packets of past publications while members recover them: many who come back at once share them, as members share what comes live. Only
// the log says what there is to be recovered; what it has no more, nobody asks the cache for, and what nobody asks for goes.
//
// It belongs to a group, whose codec and topic the packets are of, and goes with it. Nil is a cache that keeps nothing.
type cache struct {
	hub *Hub

	mu      sync.Mutex        // held while nothing is encoded; may be taken under the channel's lock
	packets map[uint64]cached // by offset
	bytes   int
	sweeps  *time.Timer // runs while there are packets
	closed  bool
}

// cached is a packet in a cache.
type cached struct {
	packet *session.Packet
	wanted bool // since the last sweep
}

// size is about how many bytes it takes.
func (c cached) size() int { return c.packet.Len() + 128 }

// unwantedAfter is for how long a packet stays that nobody asks for, twice that at most.
const unwantedAfter = 5 * time.Second

// find returns the packet of each entry, nil where it is not known.
func (c *cache) find(entries []broker.Entry) []*session.Packet {
	found := make([]*session.Packet, len(entries))
	if c == nil {
		return found
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range entries {
		found[i] = c.takeLocked(entries[i].Offset)
	}
	return found
}

// takeLocked returns the packet at an offset, or nil.
func (c *cache) takeLocked(offset uint64) *session.Packet {
	known, ok := c.packets[offset]
	if ok && !known.wanted {
		known.wanted = true
		c.packets[offset] = known
	}
	return known.packet
}

// share keeps p for others, within the bounds, and returns the one to use: that of who was faster, if there is one.
func (c *cache) share(offset uint64, p *session.Packet) *session.Packet {
	if c == nil {
		return p
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.takeLocked(offset); known != nil {
		return known
	}
	o, fresh := &c.hub.options, cached{packet: p, wanted: true}
	size := fresh.size()
	if c.closed || len(c.packets) >= o.KeptPackets || c.bytes+size > o.KeptBytes || !c.hub.caches.take(size) {
		return p
	}
	if c.packets == nil {
		c.packets = map[uint64]cached{}
		c.sweeps = time.AfterFunc(unwantedAfter, c.sweep)
	}
	c.packets[offset] = fresh
	c.bytes += size
	return p
}

// sweep drops what nobody has asked for since the last one.
func (c *cache) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for offset, known := range c.packets {
		if known.wanted {
			known.wanted = false
			c.packets[offset] = known
			continue
		}
		delete(c.packets, offset)
		c.bytes -= known.size()
		c.hub.caches.give(known.size())
	}
	if len(c.packets) == 0 {
		c.packets, c.sweeps = nil, nil
		return
	}
	c.sweeps.Reset(unwantedAfter)
}

// close drops everything. Nothing is kept any more.
func (c *cache) close() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sweeps != nil {
		c.sweeps.Stop()
	}
	c.hub.caches.give(c.bytes)
	c.packets, c.sweeps, c.bytes, c.closed = nil, nil, 0, true
}

// A room is how many bytes all caches together may take.
type room struct {
	limit int64
	used  atomic.Int64
}

// take takes n bytes, if they are there.
func (r *room) take(n int) bool {
	if r.used.Add(int64(n)) <= r.limit {
		return true
	}
	r.give(n)
	return false
}

func (r *room) give(n int) { r.used.Add(-int64(n)) }
