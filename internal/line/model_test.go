package line_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// TestNothingIsLostDoubledOrReordered lets a client that keeps to docs/protocol.md meet a network that cuts, delays and replays. Every packet must be
// accepted once and in order, both ways, and what is written at a number must never change.
func TestNothingIsLostDoubledOrReordered(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			bubble(t, func(t *testing.T) { newModel(t, seed).run() })
		})
	}
}

type model struct {
	t      *testing.T
	h      *harness
	s      *appSession
	random *rand.Rand

	claim, number uint64
	wires         []*strand
	used          *strand
	old           [][]byte // frames that were sent, for the network to replay

	sent, acked, recv uint64 // of the client
	sentDown          uint64 // by the server's application
	accepted          uint64 // by it
	cuts, replays     int
}

// A strand is one wire as client and network have it.
type strand struct {
	*wire
	number, claim uint64
	pull          bool // the transport has to call Next
	ups, downs    [][]byte
	cursor        uint64 // of what comes down
	up            uint64 // the next number that goes up; 0: no start was said
	welcomed      bool
}

func newModel(t *testing.T, seed uint64) *model {
	return &model{
		t: t, random: rand.New(rand.NewPCG(seed, 7)),
		h: newHarness(t, func(o *line.Options) {
			o.MaxFrame = 50 // so that writing takes several frames, and what comes up meanwhile meets it half-way
			o.Outgoing = session.SharedLimits(session.Limits{SentPackets: 8})
		}),
	}
}

const steps = 600

func (m *model) run() {
	first := m.add(false)
	first.ups = [][]byte{first.frame(hello(func(b *codec.Hello) { b.Wire, b.Claim = first.number, first.claim }))}
	m.drain()
	m.s = m.h.only()
	for range steps {
		m.step()
	}
	m.settle()
	assert.Equal(m.t, m.sent, m.accepted, "all that the client sent")
	assert.Equal(m.t, m.sentDown, m.recv, "all that the server sent")
	assert.NotZero(m.t, m.cuts)
	assert.NotZero(m.t, m.replays)
	assert.NotZero(m.t, m.sent)
	assert.NotZero(m.t, m.sentDown)
	assert.Empty(m.t, m.s.ended)
}

func (m *model) step() {
	switch m.random.IntN(14) {
	case 0, 1:
		for range m.random.IntN(5) {
			m.sentDown++
			m.s.send(fmt.Sprint("d", m.sentDown))
		}
	case 2, 3:
		m.sent += m.random.Uint64N(4)
		m.write()
	case 4:
		if w := m.any(); w != nil {
			m.cutWire(w)
		}
	case 5:
		m.reconnect()
	case 6:
		m.probe()
	case 7:
		m.use()
	case 8:
		m.replay()
	case 9:
		m.post()
	case 10:
		time.Sleep(time.Duration(m.random.IntN(3000)) * time.Millisecond)
	default:
		if w := m.any(); w != nil {
			m.move(w)
		}
	}
	m.look()
}

func (m *model) any() *strand {
	if len(m.wires) == 0 {
		return nil
	}
	return m.wires[m.random.IntN(len(m.wires))]
}

// add opens a wire.
func (m *model) add(next bool) *strand {
	if next || m.claim == 0 {
		m.claim++
	}
	m.number++
	w := &strand{wire: m.h.socket(), number: m.number, claim: m.claim}
	m.wires = append(m.wires, w)
	return w
}

func (m *model) hello(w *strand) {
	w.ups = append(w.ups, w.frame(m.h.again(w.number, w.claim, m.recv)))
}

func (m *model) reconnect() {
	if m.used != nil && m.random.IntN(2) == 0 {
		return
	}
	m.hello(m.add(true))
	if m.random.IntN(2) == 0 {
		m.hello(m.add(false))
	}
}

func (m *model) probe() { m.hello(m.add(false)) }

// use moves to another wire, as far as the client is concerned when its start has come.
func (m *model) use() {
	from, to := m.any(), m.any()
	if from == nil || !to.welcomed || !from.welcomed {
		return
	}
	m.claim++
	to.claim = m.claim
	from.ups = append(from.ups, from.frame(use(to.number, m.claim, m.recv)))
}

// write sends what the client has, on the wire in use.
func (m *model) write() {
	w := m.used
	if w == nil {
		return
	}
	packets := []*codec.Packet{ack(m.recv)}
	if w.up == 0 {
		w.up = m.acked + 1
		packets = append(packets, start(w.up))
	}
	for ; w.up <= m.sent; w.up++ {
		packets = append(packets, event(fmt.Sprint("u", w.up)))
	}
	w.ups = append(w.ups, w.frame(packets...))
}

// post sends everything once more by POST, whose answer is lost or is not.
func (m *model) post() {
	w := m.h.post()
	packets := []*codec.Packet{m.h.again(1, m.claim, m.recv), start(m.acked + 1)}
	for n := m.acked + 1; n <= m.sent; n++ {
		packets = append(packets, event(fmt.Sprint("u", n)))
	}
	frame := w.frame(packets...)
	m.old = append(m.old, frame)
	require.NoError(m.t, w.Receive(m.t.Context(), frame))
	answer, err := w.Next(nil)
	require.NoError(m.t, err)
	if m.random.IntN(3) > 0 {
		m.read(&strand{wire: w}, answer)
	}
	w.Detach(transport.ErrAnswered)
}

// replay brings an old frame again: a hello that took its time, or a POST that a proxy sends twice.
func (m *model) replay() {
	if len(m.old) == 0 {
		return
	}
	m.replays++
	w := m.h.socket()
	frame := m.old[m.random.IntN(len(m.old))]
	if m.random.IntN(2) == 0 {
		w = m.h.post()
	}
	_ = w.Receive(m.t.Context(), append([]byte{}, frame...))
	_, _ = w.Next(nil) // nobody reads it
	if m.random.IntN(4) > 0 {
		w.Detach(transport.ErrPeerGone)
	}
}

func (m *model) cutWire(w *strand) {
	m.cuts++
	if m.random.IntN(3) > 0 { // otherwise the server does not know
		w.Detach(transport.ErrPeerGone)
	}
	m.forget(w)
}

func (m *model) forget(w *strand) {
	if m.used == w {
		m.used = nil
	}
	for i := range m.wires {
		if m.wires[i] == w {
			m.wires = append(m.wires[:i], m.wires[i+1:]...)
			return
		}
	}
}

// move carries one frame one way, and reports whether there was one.
func (m *model) move(w *strand) bool {
	up, down := len(w.ups) > 0, len(w.downs) > 0
	pull := w.pull || w.sink.woken() > 0
	switch {
	case up && (!pull && !down || m.random.IntN(2) == 0):
		frame := w.ups[0]
		w.ups = w.ups[1:]
		m.old = append(m.old, append([]byte{}, frame...))
		w.pull = true
		_ = w.Receive(m.t.Context(), frame) // of a wire that the server has closed, the close is read later
	case pull && (!down || m.random.IntN(2) == 0):
		frame, last := w.Next(nil)
		w.pull = len(frame) > 0 && last == nil
		if len(frame) > 0 {
			w.downs = append(w.downs, frame)
		}
	case down:
		w.pull = pull
		frame := w.downs[0]
		w.downs = w.downs[1:]
		m.read(w, frame)
	default:
		return false
	}
	return true
}

// read is the client's half of the protocol.
func (m *model) read(w *strand, frame []byte) {
	for len(frame) > 0 {
		var p codec.Packet
		rest, err := w.codec.NextPacket(frame, &p)
		require.NoError(m.t, err)
		frame = rest
		switch p.Kind {
		case codec.KindWelcome:
			var b codec.Welcome
			require.NoError(m.t, codec.Decode(w.codec, p.Data, &b))
			w.welcomed = true
			m.ackedUpTo(b.Recv)
		case codec.KindAck:
			m.ackedUpTo(p.N)
		case codec.KindStart:
			require.LessOrEqual(m.t, p.N, m.recv+1, "a leap")
			w.cursor = p.N
			if w.claim == m.claim && m.used != w { // believed of the latest claim only
				m.used = w
				w.up = 0
				m.write()
			}
		case codec.KindPing:
			w.ups = append(w.ups, w.frame(pong(), ack(m.recv)))
		case codec.KindEvent:
			require.NotZero(m.t, w.cursor, "a number before start")
			require.Equal(m.t, fmt.Sprint("d", w.cursor), p.Event, "what is written at a number never changes")
			if w.cursor == m.recv+1 {
				m.recv++
			}
			w.cursor++
		case codec.KindClose:
			require.Contains(m.t, []string{"replaced", "heartbeat"}, p.Code)
			w.Detach(transport.ErrPeerGone)
			m.forget(w)
			return
		default:
			require.Fail(m.t, "unexpected", "%v", p.Kind)
		}
	}
}

func (m *model) ackedUpTo(n uint64) {
	require.LessOrEqual(m.t, n, m.sent)
	m.acked = max(m.acked, n)
}

// look checks what the server's application got.
func (m *model) look() {
	for _, name := range m.s.accepted() {
		m.accepted++
		require.Equal(m.t, fmt.Sprint("u", m.accepted), name)
	}
	m.s.handleAll()
}

// drain carries everything until nothing moves.
func (m *model) drain() {
	for moved := true; moved; {
		moved = false
		for _, w := range append([]*strand{}, m.wires...) {
			moved = m.move(w) || moved
		}
	}
}

// settle ends the faults: the client opens one more wire, and everything arrives.
func (m *model) settle() {
	w := m.add(true)
	m.hello(w)
	m.drain()
	require.Same(m.t, w, m.used)
	for round := 0; m.recv < m.sentDown || m.acked < m.sent; round++ {
		require.Less(m.t, round, steps, "it stands still")
		m.write()
		m.drain()
		time.Sleep(time.Second) // for acknowledgements that go alone
		m.drain()
	}
	m.look()
}
