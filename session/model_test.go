package session_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/session"
)

// script hands out what a fuzzer or a seed decided, number by number.
type script struct{ left []byte }

func (s *script) over() bool { return len(s.left) == 0 }

// below returns a number from 0 to n-1, and 0 when the script is over.
func (s *script) below(n int) int {
	if s.over() {
		return 0
	}
	v := int(s.left[0])
	s.left = s.left[1:]
	return v % n
}

// decisions returns what a seed decides: the same for ever.
func decisions(seed uint64, length int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, length)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// seeds adds random scripts, so that the test does its work also where nobody fuzzes.
func seeds(f *testing.F, scripts, length int) {
	f.Helper()
	for seed := range scripts {
		f.Add(decisions(uint64(seed), length))
	}
}

// naiveOutgoing is an Outgoing that forgets nothing: what was appended stays in one slice, where the place of a packet is its number less one.
type naiveOutgoing struct {
	limits session.Limits
	all    []*session.Packet
	given  int // how many have a number
	acked  int
	cursor int // how many the wire has
	ended  bool

	keys      map[*session.Packet]string
	notices   map[*session.Topic]*session.Packet // what each topic's notice is: always the same
	suspended []*session.Topic
	direct    int // what some makes is of no topic so often, to once of each topic
}

func newNaive(limits session.Limits, topics int) (m *naiveOutgoing, all []*session.Topic) {
	m = &naiveOutgoing{limits: limits, keys: map[*session.Packet]string{}, notices: map[*session.Topic]*session.Packet{}}
	for range topics {
		notice := packet(5)
		t := session.NewTopic(func() *session.Packet { return notice })
		m.notices[t] = notice
		all = append(all, t)
	}
	return m, all
}

// some makes a packet, perhaps of a topic, and perhaps with a key.
func (m *naiveOutgoing) some(s *script, topics []*session.Topic) *session.Packet {
	size := s.below(30)
	which := s.below(m.direct + len(topics))
	if which >= len(topics) {
		return packet(size)
	}
	key := ""
	if which > 0 { // the first has none
		key = strings.Repeat("k", s.below(2<<which))
	}
	p := topics[which].Packet(make([]byte, size), key)
	m.keys[p] = key
	return p
}

func bytesOf(packets []*session.Packet) (n int) {
	for _, p := range packets {
		n += p.Len()
	}
	return n
}

// fits reports whether a part takes a packet more.
func fits(part []*session.Packet, p *session.Packet, packets, bytes int) bool {
	return len(part) == 0 || len(part) < packets && bytesOf(part)+p.Len() <= bytes
}

func (m *naiveOutgoing) append(p *session.Packet, last bool) error {
	switch {
	case m.ended:
		return session.ErrEnded
	case slices.Contains(m.suspended, p.Topic()):
		return session.ErrSuspended
	case last:
		m.ended = true
		m.all = append(m.all, p)
		return nil
	}
	if key := m.keys[p]; key != "" {
		m.remove(func(q *session.Packet) bool { return q.Topic() == p.Topic() && m.keys[q] == key })
	}
	return m.fit(p)
}

// fit appends p, and drops topics until it fits, the one with the most bytes first.
func (m *naiveOutgoing) fit(p *session.Packet) error {
	all, suspended := slices.Clone(m.all), slices.Clone(m.suspended)
	var notices []*session.Packet
	for !fits(m.all[m.given:], p, m.limits.UnsentPackets, m.limits.UnsentBytes) {
		t := m.heaviest(p)
		if t == nil {
			m.all, m.suspended = all, suspended
			return session.ErrOverflow
		}
		m.remove(func(q *session.Packet) bool { return q.Topic() == t })
		m.suspended = append(m.suspended, t)
		notices = append(notices, m.notices[t])
		if t == p.Topic() {
			m.all = append(m.all, notices...)
			return session.ErrSuspended
		}
	}
	m.all = append(append(m.all, p), notices...)
	return nil
}

// heaviest returns the topic that would have most in the tail if p were there; of those that have as much, the one that comes there first.
func (m *naiveOutgoing) heaviest(p *session.Packet) (most *session.Topic) {
	tail := append(slices.Clone(m.all[m.given:]), p)
	of := func(t *session.Topic) int {
		return bytesOf(slices.DeleteFunc(slices.Clone(tail), func(q *session.Packet) bool { return q.Topic() != t }))
	}
	for _, q := range tail {
		if t := q.Topic(); t != nil && (most == nil || of(t) > of(most)) {
			most = t
		}
	}
	return most
}

// remove removes unsent packets.
func (m *naiveOutgoing) remove(which func(*session.Packet) bool) {
	m.all = append(m.all[:m.given:m.given], slices.DeleteFunc(slices.Clone(m.all[m.given:]), which)...)
}

func (m *naiveOutgoing) next(budget int) *session.Packet {
	if m.cursor == len(m.all) || m.all[m.cursor].Len() > budget {
		return nil
	}
	p := m.all[m.cursor]
	if m.cursor == m.given {
		if !fits(m.all[m.acked:m.given], p, m.limits.SentPackets, m.limits.SentBytes) {
			return nil
		}
		m.given++
	}
	m.cursor++
	return p
}

func (m *naiveOutgoing) waiting() bool {
	try := *m
	return try.next(everything) != nil
}

func (m *naiveOutgoing) ack(n int) error {
	if n > m.given {
		return session.ErrNotSent
	}
	m.acked = max(m.acked, n)
	m.cursor = max(m.cursor, m.acked)
	return nil
}

func (m *naiveOutgoing) attach(recv int) (int, error) {
	if err := m.ack(recv); err != nil {
		return 0, err
	}
	m.cursor = m.acked
	return m.cursor + 1, nil
}

func FuzzOutgoing(f *testing.F) {
	seeds(f, 40, 2000)
	f.Fuzz(func(t *testing.T, decided []byte) {
		s := &script{decided}
		limits := session.Limits{
			UnsentBytes: 1 + s.below(200), UnsentPackets: 1 + s.below(40), SentBytes: 1 + s.below(200), SentPackets: 1 + s.below(40),
		}
		stalled := s.below(2) == 0 // for most of the time, with a long tail
		if stalled {
			limits.UnsentBytes, limits.UnsentPackets = 100*limits.UnsentBytes, 100*limits.UnsentPackets
		}
		o := session.NewOutgoing(&limits)
		m, topics := newNaive(limits, 5)
		m.direct = s.below(8)
		for !s.over() {
			switch op := s.below(18); {
			case op < 6:
				p := m.some(s, topics)
				require.Equal(t, m.append(p, false), o.Append(p))
			case op == 6: // a ticker's burst
				for i := range 30 {
					p := topics[1].Packet(make([]byte, s.below(4)), "price"[i%3:])
					m.keys[p] = "price"[i%3:]
					require.Equal(t, m.append(p, false), o.Append(p))
				}
			case op < 8:
				topic := topics[s.below(len(topics))]
				m.suspended = slices.DeleteFunc(m.suspended, func(other *session.Topic) bool { return other == topic })
				o.Resume(topic)
			case op < 12 && stalled && s.below(8) > 0:
				continue
			case op < 12:
				budget := s.below(40)
				require.Same(t, m.next(budget), o.Next(budget))
			case op < 14:
				n := m.acked + s.below(8) - 2
				if n >= 0 {
					require.ErrorIs(t, o.Ack(uint64(n)), m.ack(n))
				}
			case op < 15:
				recv := s.below(m.given + 2)
				want, wantErr := m.attach(recv)
				from, err := o.Attach(uint64(recv))
				require.ErrorIs(t, err, wantErr)
				require.EqualValues(t, want, from)
			case s.below(200) == 1: // rarely, or nothing would follow
				p := packet(s.below(30))
				require.Equal(t, m.append(p, true), o.AppendLast(p))
			}
			same(t, &o, m)
			for _, topic := range topics {
				require.Equal(t, slices.Contains(m.suspended, topic), o.Suspended(topic))
			}
		}
	})
}

// same compares what can be asked of a log.
func same(t *testing.T, o *session.Outgoing, m *naiveOutgoing) {
	t.Helper()
	sent, unsent := o.Len()
	sentBytes, unsentBytes := o.Size()
	require.Equal(t, [2]int{m.given - m.acked, len(m.all) - m.given}, [2]int{sent, unsent})
	require.Equal(t, [2]int{bytesOf(m.all[m.acked:m.given]), bytesOf(m.all[m.given:])}, [2]int{sentBytes, unsentBytes})
	require.EqualValues(t, m.acked, o.Acked())
	require.EqualValues(t, m.given, o.Sent())
	require.EqualValues(t, m.cursor+1, o.Cursor())
	require.Equal(t, m.waiting(), o.Waiting())
	require.Equal(t, m.ended, o.Ended())
	require.Equal(t, m.ended && m.acked == len(m.all), o.Done())
	i := m.acked
	for p, wasSent := range o.Packets {
		require.Same(t, m.all[i], p)
		require.Equal(t, i < m.given, wasSent)
		i++
	}
	require.Len(t, m.all, i)
}

// naiveIncoming keeps a list of all numbers that it has accepted.
type naiveIncoming struct {
	limits   session.InboxLimits
	accepted []int
	inbox    []int // sizes
	strikes  int
	ended    bool
}

func (m *naiveIncoming) start(n int) error {
	if n >= 1 && n <= len(m.accepted)+1 {
		return nil
	}
	m.strikes++
	if m.strikes > 1 {
		return session.ErrLeapAgain
	}
	return session.ErrLeap
}

func (m *naiveIncoming) accept(n, size int) (bool, error) {
	waiting := 0
	for _, s := range m.inbox {
		waiting += s
	}
	full := len(m.inbox) > 0 && (len(m.inbox) == m.limits.Packets || waiting+size > m.limits.Bytes)
	switch {
	case n == 0:
		return false, session.ErrNoStart
	case n <= len(m.accepted):
		return false, nil
	case m.ended:
		return false, session.ErrAfterEnd
	case size > 0 && full:
		return false, session.ErrFull
	}
	m.accepted = append(m.accepted, n)
	m.strikes = 0
	if size > 0 {
		m.inbox = append(m.inbox, size)
	}
	return true, nil
}

func FuzzIncoming(f *testing.F) {
	seeds(f, 40, 2000)
	f.Fuzz(func(t *testing.T, decided []byte) {
		s := &script{decided}
		limits := session.InboxLimits{Bytes: 1 + s.below(200), Packets: 1 + s.below(20)}
		in, m := session.NewIncoming(&limits), &naiveIncoming{limits: limits}
		var cursors [3]session.Cursor
		var places [3]int // the model's
		for !s.over() {
			wire := s.below(len(cursors))
			switch op := s.below(16); {
			case op < 3:
				n := max(0, len(m.accepted)-6+s.below(9))
				want := m.start(n)
				err := in.Start(&cursors[wire], uint64(n))
				require.ErrorIs(t, err, want)
				if want == nil {
					places[wire] = n
				}
			case op < 12:
				size := s.below(60)
				want, wantErr := m.accept(places[wire], size)
				fresh, err := in.Accept(&cursors[wire], size)
				require.ErrorIs(t, err, wantErr)
				require.Equal(t, want, fresh)
				if err == nil {
					places[wire]++
				}
			case op < 15:
				if len(m.inbox) > 0 {
					in.Handled(1, m.inbox[0])
					m.inbox = m.inbox[1:]
				}
			case s.below(200) == 1:
				in.End()
				m.ended = true
			}
			require.EqualValues(t, len(m.accepted), in.Accepted())
			packets, bytes := in.Inbox()
			waiting := 0
			for _, size := range m.inbox {
				waiting += size
			}
			require.Equal(t, [2]int{len(m.inbox), waiting}, [2]int{packets, bytes})
		}
	})
}
