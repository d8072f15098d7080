package session

import (
	"math/bits"
	"sync"
)

// queue is a first-in, first-out ring of packets that holds no memory while it is empty. Its zero value is an empty queue.
type queue struct {
	ring *ring // nil while the queue is empty
	head int
	n    int
}

// A ring is what queues borrow. The number of its slots is a power of two. It goes by its address, because a slice that went into
// a pool would be allocated each time.
type ring struct {
	slots []*Packet
}

const (
	minRing    = 16
	maxPooled  = 1024
	poolsCount = 7 // 16, 32, … 1,024
)

// pools recycle rings, so that a log that fills and empties at every acknowledgement allocates nothing.
var pools [poolsCount]sync.Pool

func poolOf(size int) *sync.Pool { return &pools[bits.TrailingZeros(uint(size/minRing))] }

func takeRing(size int) *ring {
	if size <= maxPooled {
		if r, ok := poolOf(size).Get().(*ring); ok {
			return r
		}
	}
	return &ring{slots: make([]*Packet, size)}
}

// giveRing takes a ring back, whose slots are all nil.
func giveRing(r *ring) {
	if size := len(r.slots); size <= maxPooled {
		poolOf(size).Put(r)
	}
}

// slot returns slot i, counted on around the ring.
func (r *ring) slot(i int) **Packet { return &r.slots[i&(len(r.slots)-1)] }

func (q *queue) len() int { return q.n }

func (q *queue) at(i int) *Packet { return *q.ring.slot(q.head + i) }

func (q *queue) push(p *Packet) {
	switch {
	case q.ring == nil:
		q.ring = takeRing(minRing)
	case q.n == len(q.ring.slots):
		q.grow()
	}
	*q.ring.slot(q.head + q.n) = p
	q.n++
}

func (q *queue) grow() {
	grown := takeRing(2 * len(q.ring.slots))
	for i := range q.n {
		grown.slots[i] = q.at(i)
	}
	clear(q.ring.slots)
	giveRing(q.ring)
	q.ring, q.head = grown, 0
}

func (q *queue) pop() *Packet {
	slot := q.ring.slot(q.head)
	p := *slot
	*slot = nil
	q.head++
	q.n--
	if q.n == 0 {
		giveRing(q.ring)
		q.ring, q.head = nil, 0
	}
	return p
}
