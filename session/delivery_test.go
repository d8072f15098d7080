package session_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/session"
)

// A strand is one wire between the ends of a session, from the moment that its receiver opens it. Packets that are on it arrive in
// order; it may be cut, and what was on it is then lost; and it may be slow, so that they arrive long after another strand has
// taken its place.
type strand struct {
	recv   uint64 // what the hello says
	opened bool   // the hello has arrived, and the sender has written to it
	told   uint64 // where the sender has told that its next packet is; 0: not yet
	flying []flight
	cursor session.Cursor
}

// A flight is one packet on a strand: a numbered one, or a start.
type flight struct {
	start  uint64
	packet *session.Packet
}

// A network connects a sender and a receiver by strands that fail, and counts what went wrong.
type network struct {
	out      session.Outgoing
	in       session.Incoming
	strands  []*strand
	inUse    *strand
	acks     []uint64 // on their way to the sender, in any order
	topic    *session.Topic
	appended []string // the key of each packet
	got      []int

	cutInFlight, duplicates, lateStrands, lostAcks, staleAcks, jumps int
}

const maxUnsent = 30

func newNetwork() *network {
	limits := session.SharedLimits(session.Limits{SentPackets: 20, UnsentPackets: maxUnsent})
	return &network{out: session.NewOutgoing(limits), in: session.NewIncoming(nil), topic: topic("prices")}
}

// send appends the next packet, which says which it is, if there is room. Those with the same key, unless it is "", replace each other.
func (n *network) send(key string) {
	if _, unsent := n.out.Len(); unsent == maxUnsent {
		return
	}
	text := []byte(strconv.Itoa(len(n.appended)))
	p := session.NewPacket(text)
	if key != "" {
		p = n.topic.Packet(text, key)
	}
	if n.out.Append(p) == nil {
		n.appended = append(n.appended, key)
	}
}

// dial opens a strand, whose hello says what the receiver has by now.
func (n *network) dial() *strand {
	s := &strand{recv: n.in.Accepted()}
	n.strands = append(n.strands, s)
	return s
}

// attach makes the sender write to s: its hello has arrived.
func (n *network) attach(t *testing.T, s *strand) {
	t.Helper()
	_, err := n.out.Attach(s.recv)
	require.NoError(t, err)
	s.opened, n.inUse = true, s
}

// write puts up to count packets on the strand in use, with a start before the first and before every jump.
func (n *network) write(count int) {
	s := n.inUse
	if s == nil {
		return
	}
	for range count {
		number := n.out.Cursor()
		p := n.out.Next(everything)
		if p == nil {
			return
		}
		if s.told != number {
			if s.told != 0 {
				n.jumps++
			}
			s.flying = append(s.flying, flight{start: number})
		}
		s.flying = append(s.flying, flight{packet: p})
		s.told = number + 1
	}
}

// arrive lets up to count packets of s reach the receiver.
func (n *network) arrive(t *testing.T, s *strand, count int) {
	t.Helper()
	if s != n.inUse && len(s.flying) > 0 {
		n.lateStrands++
	}
	for range min(count, len(s.flying)) {
		f := s.flying[0]
		s.flying = s.flying[1:]
		if f.packet == nil {
			require.NoError(t, n.in.Start(&s.cursor, f.start), "a sender never skips what was not acknowledged")
			continue
		}
		fresh, err := n.in.Accept(&s.cursor, 0)
		require.NoError(t, err)
		if fresh {
			which, err := strconv.Atoi(string(f.packet.Bytes()))
			require.NoError(t, err)
			n.got = append(n.got, which)
		} else {
			n.duplicates++
		}
	}
	n.acks = append(n.acks, n.in.Accepted())
	if len(n.acks) > 8 { // more would all be stale
		n.lostAcks++
		n.acks = n.acks[1:]
	}
}

// cut ends a strand with all that is on it.
func (n *network) cut(i int) {
	s := n.strands[i]
	if len(s.flying) > 0 {
		n.cutInFlight++
	}
	if n.inUse == s {
		n.inUse = nil
	}
	n.strands = append(n.strands[:i], n.strands[i+1:]...)
}

// ack lets the i-th acknowledgement arrive, or get lost.
func (n *network) ack(t *testing.T, i int, lost bool) {
	t.Helper()
	a := n.acks[i]
	n.acks = append(n.acks[:i], n.acks[i+1:]...)
	if lost {
		n.lostAcks++
		return
	}
	if a < n.out.Acked() {
		n.staleAcks++
	}
	require.NoError(t, n.out.Ack(a))
}

// run does what the script says.
func (n *network) run(t *testing.T, s *script) {
	t.Helper()
	for !s.over() {
		switch op := s.below(20); {
		case op < 6:
			n.send([]string{"", "a", "b", "c"}[s.below(4)])
		case op < 10:
			n.write(1 + s.below(5))
		case op < 14 && len(n.strands) > 0:
			n.arrive(t, n.strands[s.below(len(n.strands))], 1+s.below(5))
		case op < 16 && len(n.acks) > 0:
			n.ack(t, s.below(len(n.acks)), s.below(4) == 0)
		case op < 17 && len(n.strands) < 4:
			n.dial()
		case op < 19 && len(n.strands) > 0:
			if to := n.strands[s.below(len(n.strands))]; !to.opened { // a hello arrives once, perhaps late
				n.attach(t, to)
			}
		case op == 19 && len(n.strands) > 0:
			n.cut(s.below(len(n.strands)))
		}
	}
}

// A new wire is written again what an old one had carried too, and halfway an acknowledgement says that the old one did carry it: the numbers
// in between are gone, and the new wire must hear of the jump.
func TestAWireIsToldOfAJump(t *testing.T) {
	n := newNetwork()
	for range 10 {
		n.send("")
	}
	old, fresh := n.dial(), n.dial()
	n.attach(t, old)
	n.write(8)
	n.attach(t, fresh)
	n.write(3)
	n.arrive(t, old, 9) // start, and 8 packets
	n.ack(t, 0, false)
	n.write(10)
	require.Equal(t, 1, n.jumps)
	assert.Equal(t, []uint64{1, 9}, starts(fresh))
	n.arrive(t, fresh, 100)
	assert.EqualValues(t, 10, n.in.Accepted())
	n.settle(t)
	n.check(t)
}

func starts(s *strand) (numbers []uint64) {
	for _, f := range s.flying {
		if f.packet == nil {
			numbers = append(numbers, f.start)
		}
	}
	return numbers
}

// settle repairs the network: all that is left comes over one strand.
func (n *network) settle(t *testing.T) {
	t.Helper()
	for len(n.strands) > 0 {
		n.cut(0)
	}
	s := n.dial()
	n.attach(t, s)
	for sent, unsent := n.out.Len(); sent+unsent > 0; sent, unsent = n.out.Len() {
		n.write(1000)
		require.NotEmpty(t, s.flying, "something is left, and nothing is written")
		n.arrive(t, s, 1000)
		require.NoError(t, n.out.Ack(n.in.Accepted()))
	}
}

// check looks for every packet without a key and the last of each key, each once, and all in order.
func (n *network) check(t *testing.T) {
	t.Helper()
	last := map[string]int{}
	for which, key := range n.appended {
		last[key] = which
	}
	for which, key := range n.appended {
		if _, got := slices.BinarySearch(n.got, which); key == "" || last[key] == which {
			require.True(t, got, "%d (%q) of %d is missing in %v", which, key, len(n.appended), n.got)
		}
	}
	for i := 1; i < len(n.got); i++ {
		require.Less(t, n.got[i-1], n.got[i], "in order, each once")
	}
	sent, unsent := n.out.Len()
	require.Equal(t, [2]int{}, [2]int{sent, unsent})
}

func FuzzDelivery(f *testing.F) {
	seeds(f, 40, 3000)
	f.Fuzz(func(t *testing.T, decided []byte) {
		n := newNetwork()
		n.run(t, &script{decided})
		n.settle(t)
		n.check(t)
	})
}

// TestDeliveryMeetsEveryFault shows that the network of FuzzDelivery fails in all the ways that it can.
func TestDeliveryMeetsEveryFault(t *testing.T) {
	n := newNetwork()
	n.run(t, &script{decisions(1, 1<<16)})
	n.settle(t)
	n.check(t)
	t.Logf("%d packets, %d conflated; cut in flight %d, duplicates %d, late %d, acknowledgements lost %d, stale %d; jumps %d",
		len(n.appended), len(n.appended)-len(n.got), n.cutInFlight, n.duplicates, n.lateStrands, n.lostAcks, n.staleAcks, n.jumps)
	assert.Greater(t, len(n.appended), 500)
	assert.Greater(t, len(n.appended)-len(n.got), 100)
	assert.Greater(t, n.jumps, 10)
	assert.Greater(t, n.cutInFlight, 100)
	assert.Greater(t, n.duplicates, 100)
	assert.Greater(t, n.lateStrands, 100)
	assert.Greater(t, n.lostAcks, 100)
	assert.Greater(t, n.staleAcks, 100)
}
