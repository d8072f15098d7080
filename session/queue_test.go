package session

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func contents(q *queue) []*Packet {
	var all []*Packet
	for i := range q.len() {
		all = append(all, q.at(i))
	}
	return all
}

func TestQueueKeepsOrderWhileItGrowsAndGoesAround(t *testing.T) {
	var q queue
	var want []*Packet
	push := func(n int) {
		for range n {
			p := NewPacket(nil)
			q.push(p)
			want = append(want, p)
		}
	}
	pop := func(n int) {
		for range n {
			require.Same(t, want[0], q.pop())
			want = want[1:]
		}
	}
	push(minRing)
	pop(minRing - 3)
	push(minRing) // around the end of the ring, and past its size
	require.Equal(t, want, contents(&q))
	pop(5)
	push(5 * maxPooled)
	require.Equal(t, want, contents(&q))
	pop(len(want))
	assert.Zero(t, q)
}

func TestAnEmptyQueueHoldsNoMemory(t *testing.T) {
	for _, n := range []int{1, minRing, minRing + 1, maxPooled, maxPooled + 1} {
		var q queue
		for range n {
			q.push(NewPacket(nil))
		}
		require.NotNil(t, q.ring)
		for range n {
			q.pop()
		}
		assert.Zero(t, q, "after %d packets", n)
	}
}

// A ring that came back with a packet in it would keep the packet alive, and so would one that goes on in use.
func TestQueueLetsGoOfWhatWasTaken(t *testing.T) {
	var q queue
	small := takeRing(minRing)
	q.ring = small
	for range minRing + 1 {
		q.push(NewPacket(nil))
	}
	assert.Equal(t, make([]*Packet, minRing), small.slots, "after the queue has grown out of it")

	grown := q.ring
	q.pop()
	q.pop()
	held := 0
	for _, p := range grown.slots {
		if p != nil {
			held++
		}
	}
	assert.Equal(t, q.len(), held)
	for q.len() > 0 {
		q.pop()
	}
	assert.Equal(t, make([]*Packet, 2*minRing), grown.slots)
}

func TestHugeRingsAreLeftToTheCollector(t *testing.T) {
	huge := &ring{slots: make([]*Packet, 2*maxPooled)}
	giveRing(huge) // there is no pool of that size
	assert.NotSame(t, huge, takeRing(2*maxPooled))
}
