package hawser_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// A chaosMember is a client, by docs/protocol.md, whom all kinds of things happen to. It belongs to one goroutine, but for what it has seen once all is calm.
type chaosMember struct {
	chaos  *chaos
	n      int
	random *rand.Rand
	codec  codec.Codec
	seats  map[string]*chaosSeat
	wrong  []error // that must not be

	// of the session
	key, sid           string
	wires, claim, recv uint64
	sent               []*codec.Packet // all of them: the number is the place
	acked, ids         uint64
	told               uint64 // what of recv was acknowledged last

	// of the connection
	wire     *wire // nil: there is none
	cursor   uint64
	welcomed bool
}

func newChaosMember(c *chaos, n int) *chaosMember {
	m := &chaosMember{chaos: c, n: n, random: c.random(n), codec: codec.JSON(), seats: map[string]*chaosSeat{}}
	if n%2 == 1 {
		m.codec = codec.MessagePack()
	}
	for i := range chaosChannels {
		m.seats[chaosRoom(i)] = &chaosSeat{channel: chaosRoom(i), seen: map[uint64]string{}}
	}
	m.begin()
	return m
}

// live lets things happen until it is calm, and then stays online until it is to leave.
func (m *chaosMember) live(calm, leave <-chan struct{}) {
	next := time.NewTicker(100 * time.Millisecond)
	defer next.Stop()
	isCalm := false
	for {
		var woken <-chan struct{}
		if m.wire != nil {
			woken = m.wire.woken
		}
		select {
		case <-woken:
			m.pull()
		case <-next.C:
			switch {
			case isCalm && m.wire == nil:
				m.connect()
			case isCalm:
				m.takeSeats()
			default:
				m.mishap()
			}
		case <-calm:
			isCalm, calm = true, nil
		case <-leave:
			if m.n%2 == 0 {
				m.say(&codec.Packet{Kind: codec.KindEnd, Code: "closed"})
			}
			if m.wire != nil {
				m.drop(transport.ErrPeerGone)
			}
			return
		}
	}
}

// begin begins a session anew, with the positions of the one before.
func (m *chaosMember) begin() {
	m.key = fmt.Sprintf("%022d", m.random.Uint64())
	m.sid, m.wires, m.claim, m.recv, m.sent, m.acked, m.ids, m.told = "", 0, 0, 0, nil, 0, 0, 0
	for _, s := range m.seats {
		s.join, s.in = 0, false
	}
}

// connect opens a wire, for the session that there is or for a new one.
func (m *chaosMember) connect() {
	m.wires++
	m.claim++
	m.wire, m.cursor, m.welcomed = m.chaos.open(m.codec.Name()), 0, false
	body, err := m.codec.Marshal(codec.Hello{V: codec.Version, Key: m.key, SID: m.sid, Wire: m.wires, Claim: m.claim, Recv: m.recv})
	if err != nil {
		panic(err)
	}
	m.write(&codec.Packet{Kind: codec.KindHello, Data: codec.Payload{Raw: body}})
}

// drop gives the wire up. The server is told why, or not at all.
func (m *chaosMember) drop(cause error) {
	if m.random.IntN(2) == 0 {
		for frame, err := m.wire.Next(nil); len(frame) > 0 && err == nil; frame, err = m.wire.Next(nil) {
			m.chaos.happen("frame lost on its way")
		}
	}
	if cause != nil {
		m.wire.Detach(cause)
	}
	m.wire = nil
}

// write writes a frame, if there is a wire.
func (m *chaosMember) write(packets ...*codec.Packet) {
	if m.wire == nil {
		return
	}
	var frame []byte
	for i, p := range packets {
		if i > 0 {
			frame = append(frame, m.codec.Separator()...)
		}
		var err error
		if frame, err = m.codec.AppendPacket(frame, p); err != nil {
			panic(err)
		}
	}
	// Of a wire that the server has given up, the close is read later. As in a transport, what waits is taken without a wake.
	_ = m.wire.Receive(context.Background(), frame)
	select {
	case m.wire.woken <- struct{}{}:
	default:
	}
}

// say sends a numbered packet, now or when there is a wire.
func (m *chaosMember) say(p *codec.Packet) {
	m.sent = append(m.sent, p)
	if m.wire == nil || !m.welcomed {
		return
	}
	if m.random.IntN(40) == 0 {
		m.chaos.happen("frame lost on its way")
		m.drop(transport.ErrPeerGone)
		return
	}
	m.write(&codec.Packet{Kind: codec.KindStart, N: uint64(len(m.sent))}, p)
}

// pull takes all that waits for the wire.
func (m *chaosMember) pull() {
	for m.wire != nil {
		frame, err := m.wire.Next(nil)
		if len(frame) > 0 {
			m.read(frame)
		}
		switch {
		case err != nil && m.wire != nil:
			m.chaos.happen("connection found dead")
			m.drop(err)
			return
		case len(frame) == 0:
			return
		}
	}
}

func (m *chaosMember) fail(format string, args ...any) {
	m.wrong = append(m.wrong, fmt.Errorf(format, args...))
}

// read reads a frame.
func (m *chaosMember) read(frame []byte) {
	for len(frame) > 0 {
		p := &codec.Packet{}
		rest, err := m.codec.NextPacket(frame, p)
		if err != nil {
			m.fail("%q: %w", frame, err)
			return
		}
		frame = rest
		if p.Kind.Numbered() {
			if m.cursor == m.recv+1 {
				m.recv++
				m.take(p)
			}
			m.cursor++
		} else {
			m.control(p)
		}
	}
	if m.recv >= m.told+16 || m.random.IntN(3) == 0 { // before the server has sent all that it may without one
		m.told = m.recv
		m.write(&codec.Packet{Kind: codec.KindAck, N: m.recv})
	}
}

func (m *chaosMember) control(p *codec.Packet) {
	switch p.Kind {
	case codec.KindWelcome:
		var b codec.Welcome
		if err := codec.Decode(m.codec, p.Data, &b); err != nil {
			m.fail("welcome: %w", err)
		}
		m.sid, m.acked, m.welcomed = b.SID, max(m.acked, b.Recv), true
		m.resend()
		m.takeSeats()
	case codec.KindGone:
		m.chaos.happen("session expired")
		m.begin()
		m.drop(transport.ErrPeerGone)
	case codec.KindStart:
		if p.N > m.recv+1 {
			m.fail("a leap to %d, after %d", p.N, m.recv)
		}
		m.cursor = p.N
	case codec.KindAck:
		m.acked = max(m.acked, p.N)
	case codec.KindPing:
		m.write(&codec.Packet{Kind: codec.KindPong, N: p.N}, &codec.Packet{Kind: codec.KindAck, N: m.recv})
	case codec.KindClose:
		if p.Code != "heartbeat" && p.Code != "replaced" {
			m.fail("close %s: %s", p.Code, p.Message)
		}
	default:
		m.fail("unexpected: %v", p.Kind)
	}
}

// resend says again what is not acknowledged.
func (m *chaosMember) resend() {
	if rest := m.sent[m.acked:]; len(rest) > 0 {
		m.write(append([]*codec.Packet{{Kind: codec.KindStart, N: m.acked + 1}}, rest...)...)
	}
}

// takeSeats joins the channels where the member is neither in nor about to be.
func (m *chaosMember) takeSeats() {
	for i := range chaosChannels {
		if s := m.seats[chaosRoom(i)]; !s.in && s.join == 0 {
			m.join(s)
		}
	}
}

func (m *chaosMember) join(s *chaosSeat) {
	m.ids++
	s.in, s.join = false, m.ids
	m.say(&codec.Packet{Kind: codec.KindJoin, ID: m.ids, Channel: s.channel, Epoch: s.epoch, Offset: s.offset})
}

// take takes a packet that was accepted.
func (m *chaosMember) take(p *codec.Packet) {
	m.chaos.happen(p.Kind.String())
	switch p.Kind {
	case codec.KindMessage:
		var what string
		err := codec.Decode(m.codec, p.Data, &what)
		if err == nil {
			err = m.seats[p.Channel].message(p.Offset, what)
		}
		if err != nil {
			m.fail("message: %w", err)
		}
	case codec.KindReset:
		if s := m.seats[p.Channel]; s.in {
			m.join(s)
		}
	case codec.KindReply:
		m.answered(p)
	case codec.KindError:
		for _, s := range m.seats {
			if s.join == p.ID && p.Code == "unavailable" { // it says when to try again
				s.join = 0
				return
			}
		}
		m.fail("error %s: %s", p.Code, p.Message)
	case codec.KindEnd:
		if p.Code != "expired" {
			m.fail("end %s: %s", p.Code, p.Message)
		}
	default:
		m.fail("unexpected: %v", p.Kind)
	}
}

// answered takes a reply: to a join, or to a leave, which says nothing.
func (m *chaosMember) answered(p *codec.Packet) {
	for _, s := range m.seats {
		if s.join != p.ID {
			continue
		}
		var at place
		if err := codec.Decode(m.codec, p.Data, &at); err != nil {
			m.fail("reply: %w", err)
			return
		}
		named, from := s.epoch != "", s.offset
		lost, err := s.admitted(at)
		switch {
		case err != nil:
			m.fail("reply: %w", err)
		case lost && m.chaos.head(s.channel)-from <= chaosHistory:
			m.fail("%s: nothing can be lost after %d, and it is told so", s.channel, from)
		case lost:
			m.chaos.happen("lost")
		case named:
			m.chaos.happen("recovered")
		}
	}
}
