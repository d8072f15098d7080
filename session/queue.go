package session

import (
	"math/bits"
	"sync"
)

// queue is a first-in, first-out ring of packets that holds no memory while it is empty. Its zero value is an empty queue.
type queue struct {
	ring *ring // nil while the queue is empty
	head uint32
	n    uint32 // slots in use, of which some may be empty
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
func (r *ring) slot(i uint32) **Packet { return &r.slots[int(i)&(len(r.slots)-1)] }

func (q *queue) len() int { return int(q.n) }

func (q *queue) at(i int) *Packet { return *q.ring.slot(q.head + uint32(i)) }

func (q *queue) push(p *Packet) {
	switch {
	case q.ring == nil:
		q.ring = takeRing(minRing)
	case q.len() == len(q.ring.slots):
		q.grow()
	}
	*q.ring.slot(q.head + q.n) = p
	q.n++
}

func (q *queue) grow() {
	grown := takeRing(2 * len(q.ring.slots))
	for i := range q.len() {
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
	q.settle()
	return p
}

// settle gives the ring of an empty queue back.
func (q *queue) settle() {
	if q.n == 0 && q.ring != nil {
		giveRing(q.ring)
		q.ring, q.head = nil, 0
	}
}

// take empties slot i, which stays in the queue.
func (q *queue) take(i int) *Packet {
	slot := q.ring.slot(q.head + uint32(i))
	p := *slot
	*slot = nil
	return p
}

// move puts the packet of one slot into another, which is empty.
func (q *queue) move(from, to int) { *q.ring.slot(q.head + uint32(to)) = q.take(from) }

// truncate leaves the first n slots. Those behind them are empty.
func (q *queue) truncate(n int) {
	q.n = uint32(n)
	q.settle()
}
