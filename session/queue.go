package session

import (
	"math/bits"
	"sync"
)

// queue is a first-in, first-out ring of packets that holds no memory while it is empty. Its zero value is an empty queue.
type queue struct {
	ring []*Packet // its length is zero or a power of two
	head int
	n    int
}

const (
	minRing    = 16
	maxPooled  = 1024
	poolsCount = 7 // 16, 32, … 1,024
)

// pools recycle rings, so that a log that fills and empties at every acknowledgement allocates nothing.
var pools [poolsCount]sync.Pool

func poolOf(size int) *sync.Pool { return &pools[bits.TrailingZeros(uint(size/minRing))] }

func takeRing(size int) []*Packet {
	if size <= maxPooled {
		if r, ok := poolOf(size).Get().(*[]*Packet); ok {
			return *r
		}
	}
	return make([]*Packet, size)
}

func giveRing(r []*Packet) {
	if len(r) >= minRing && len(r) <= maxPooled {
		poolOf(len(r)).Put(&r)
	}
}

func (q *queue) len() int { return q.n }

func (q *queue) at(i int) *Packet { return q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *queue) push(p *Packet) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = p
	q.n++
}

func (q *queue) grow() {
	ring := takeRing(max(minRing, 2*len(q.ring)))
	for i := range q.n {
		ring[i] = q.at(i)
	}
	clear(q.ring)
	giveRing(q.ring)
	q.ring, q.head = ring, 0
}

func (q *queue) pop() *Packet {
	p := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	if q.n == 0 {
		giveRing(q.ring)
		q.ring, q.head = nil, 0
	}
	return p
}
