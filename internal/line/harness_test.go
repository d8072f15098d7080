package line_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "AAECAwQFBgcICQoLDA0ODw"

// A harness is a registry with an application that writes down what it is asked and told.
type harness struct {
	t        testing.TB
	registry *line.Registry
	codec    codec.Codec

	// authenticate, if set, is asked by Create and Reauthenticate.
	authenticate func(token string) *transport.CloseError
	// created, if set, is told of each new session.
	created func(*appSession)

	mu       sync.Mutex
	creates  int
	sessions []*appSession
}

func newHarness(tb testing.TB, change ...func(*line.Options)) *harness {
	tb.Helper()
	o := line.Options{
		Codecs:       []codec.Codec{codec.JSON(), codec.MessagePack()},
		MaxFrame:     1 << 20,
		Outgoing:     session.SharedLimits(session.Limits{}),
		Inbox:        session.SharedInboxLimits(session.InboxLimits{}),
		Heartbeat:    25 * time.Second,
		PongWithin:   10 * time.Second,
		StaleAfter:   2 * time.Second,
		ResumeFor:    2 * time.Minute,
		LeaveFor:     5 * time.Second,
		MaxHold:      25 * time.Second,
		WriteTimeout: 10 * time.Second,
		Logger:       slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&o)
	}
	h := &harness{t: tb, codec: o.Codecs[0]}
	h.registry = line.NewRegistry(h, o)
	tb.Cleanup(h.registry.Forget)
	return h
}

func (h *harness) Create(_ *http.Request, _, token string, l *line.Line) (line.Session, *transport.CloseError) {
	h.mu.Lock()
	h.creates++
	h.mu.Unlock()
	if h.authenticate != nil {
		if refused := h.authenticate(token); refused != nil {
			return nil, refused
		}
	}
	return &appSession{harness: h, Line: l, ended: make(chan *line.End, 2)}, nil
}

func (h *harness) Created(s line.Session, _ transport.Runner) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions = append(h.sessions, s.(*appSession))
	if h.created != nil {
		h.created(s.(*appSession))
	}
}

// only returns the one session that there is.
func (h *harness) only() *appSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	require.Len(h.t, h.sessions, 1)
	return h.sessions[0]
}

// An appSession writes down what it accepts.
type appSession struct {
	*line.Line
	harness *harness
	ended   chan *line.End
	resumed atomic.Int32

	mu      sync.Mutex
	got     []*codec.Packet
	waiting []accepted // that take room
}

type accepted struct {
	kind codec.Kind
	room int
}

func (s *appSession) Accept(packets []*line.Received, _ time.Time, _ transport.Runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range packets {
		own := r.Packet
		s.got = append(s.got, &own)
		if r.Room > 0 {
			s.waiting = append(s.waiting, accepted{r.Kind, r.Room})
		}
	}
}

func (s *appSession) Resumed() { s.resumed.Add(1) }

func (s *appSession) Reauthenticate(_ *http.Request, token string) *transport.CloseError {
	if s.harness.authenticate == nil {
		return nil
	}
	return s.harness.authenticate("again " + token)
}

func (s *appSession) Ended(e *line.End) { s.ended <- e }

// handle gives back the room of the first n packets that wait, or of all that there are.
func (s *appSession) handle(n int) {
	s.mu.Lock()
	n = min(n, len(s.waiting))
	handled := s.waiting[:n]
	s.waiting = s.waiting[n:]
	s.mu.Unlock()
	for _, a := range handled {
		var h line.Handled
		h.Add(a.kind, a.room)
		s.GiveBack(h)
	}
}

func (s *appSession) handleAll() { s.handle(math.MaxInt) }

// accepted returns what was accepted since it was last asked.
func (s *appSession) accepted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := []string{}
	for _, p := range s.got {
		texts = append(texts, text(s.harness.codec, p))
	}
	s.got = nil
	return texts
}

// send sends events with these names.
func (s *appSession) send(names ...string) {
	for _, name := range names {
		require.NoError(s.harness.t, s.Send(s.harness.encoded(event(name))))
	}
}

func (h *harness) encoded(p *codec.Packet) *session.Packet {
	b, err := h.codec.AppendPacket(nil, p)
	require.NoError(h.t, err)
	return session.NewPacket(b)
}

// A sink remembers that it was woken.
type sink struct {
	mu     sync.Mutex
	wakes  int
	closed bool
}

func (s *sink) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakes++
}

func (s *sink) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// woken returns how often it was since it was last asked.
func (s *sink) woken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.wakes
	s.wakes = 0
	return n
}

func (s *sink) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// A wire is a connection as a transport has it.
type wire struct {
	transport.Wire
	h     *harness
	sink  *sink
	codec codec.Codec
}

func (h *harness) open(o transport.Opening, header ...string) *wire {
	r := httptest.NewRequest(http.MethodPost, "/realtime/x", http.NoBody)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := &wire{h: h}
	if o.Transport != "send" {
		w.sink = &sink{}
		o.Sink = w.sink
	}
	if o.Codec == nil {
		o.Codec = h.codec
	}
	w.codec = o.Codec
	w.Wire = h.registry.Open(r, o)
	h.t.Cleanup(func() { w.Detach(transport.ErrPeerGone) })
	return w
}

func (h *harness) socket() *wire { return h.open(transport.Opening{Transport: "websocket"}) }
func (h *harness) poll() *wire   { return h.open(transport.Opening{Transport: "poll", Once: true}) }
func (h *harness) post() *wire   { return h.open(transport.Opening{Transport: "send", Once: true}) }

// connect opens a session with one wire, which has said hello and read its welcome.
func (h *harness) connect() (*wire, *appSession) {
	w := h.socket()
	require.NoError(h.t, w.up(hello(nil)))
	require.Equal(h.t, []string{"welcome active recv 0", "start 1"}, w.down())
	return w, h.only()
}

// resume opens another wire of the session.
func (h *harness) resume(number, claim, recv uint64) *wire {
	w := h.socket()
	require.NoError(h.t, w.up(h.again(number, claim, recv)))
	return w
}

// other opens a wire of another session.
func (h *harness) other() *wire {
	w := h.socket()
	require.NoError(h.t, w.up(hello(func(b *codec.Hello) { b.Key = "another" + key[7:] })))
	return w
}

// again is a hello that resumes the only session.
func (h *harness) again(number, claim, recv uint64, change ...func(*codec.Hello)) *codec.Packet {
	sid := h.only().ID()
	return hello(func(b *codec.Hello) {
		b.SID, b.Wire, b.Claim, b.Recv = sid, number, claim, recv
		for _, c := range change {
			c(b)
		}
	})
}

// up lets the wire receive packets as one frame.
func (w *wire) up(packets ...*codec.Packet) error {
	return w.upWithin(context.Background(), packets...)
}

func (w *wire) upWithin(ctx context.Context, packets ...*codec.Packet) error {
	return w.Receive(ctx, w.frame(packets...))
}

func (w *wire) frame(packets ...*codec.Packet) []byte {
	var encoded [][]byte
	for _, p := range packets {
		q := *p
		if q.Kind == codec.KindHello {
			body, err := w.codec.Marshal(helloOf(p))
			require.NoError(w.h.t, err)
			q.Data = codec.Payload{Raw: body}
		}
		b, err := w.codec.AppendPacket(nil, &q)
		require.NoError(w.h.t, err)
		encoded = append(encoded, b)
	}
	return bytes.Join(encoded, []byte(w.codec.Separator()))
}

// down returns all that waits for the wire.
func (w *wire) down() []string {
	texts := []string{}
	for {
		whole, last := w.Next(nil)
		for frame := whole; len(frame) > 0; {
			var p codec.Packet
			rest, err := w.codec.NextPacket(frame, &p)
			require.NoError(w.h.t, err, "%q", frame)
			texts = append(texts, text(w.codec, &p))
			frame = rest
		}
		if last != nil {
			return append(texts, "over")
		}
		if len(whole) == 0 {
			return texts
		}
	}
}

// hello makes a hello that creates a session, unless it is changed.
func hello(change func(*codec.Hello)) *codec.Packet {
	b := codec.Hello{V: 1, Key: key, Wire: 1, Claim: 1}
	if change != nil {
		change(&b)
	}
	raw, err := codec.JSON().Marshal(b)
	if err != nil {
		panic(err)
	}
	return &codec.Packet{Kind: codec.KindHello, Data: codec.Payload{Raw: raw}}
}

func helloOf(p *codec.Packet) (b codec.Hello) {
	if err := codec.JSON().Unmarshal(p.Data.Raw, &b); err != nil {
		panic(err)
	}
	return b
}

func event(name string) *codec.Packet { return &codec.Packet{Kind: codec.KindEvent, Event: name} }
func start(n uint64) *codec.Packet    { return &codec.Packet{Kind: codec.KindStart, N: n} }
func ack(n uint64) *codec.Packet      { return &codec.Packet{Kind: codec.KindAck, N: n} }
func ping() *codec.Packet             { return &codec.Packet{Kind: codec.KindPing} }
func pong() *codec.Packet             { return &codec.Packet{Kind: codec.KindPong} }
func use(number, claim, recv uint64) *codec.Packet {
	return &codec.Packet{Kind: codec.KindUse, Wire: number, Claim: claim, Recv: recv}
}
func volatile(name string) *codec.Packet { return &codec.Packet{Kind: codec.KindVolatile, Event: name} }

// text tells a packet in few words.
func text(c codec.Codec, p *codec.Packet) string {
	switch p.Kind {
	case codec.KindWelcome:
		var b codec.Welcome
		if err := codec.Decode(c, p.Data, &b); err != nil {
			return "welcome: " + err.Error()
		}
		words := []string{"welcome"}
		if b.Resumed {
			words = append(words, "resumed")
		}
		if b.Active {
			words = append(words, "active")
		}
		return strings.Join(append(words, fmt.Sprint("recv ", b.Recv)), " ")
	case codec.KindStart, codec.KindAck:
		return fmt.Sprint(p.Kind, " ", p.N)
	case codec.KindPing, codec.KindPong, codec.KindGone, codec.KindGoaway:
		return p.Kind.String()
	case codec.KindEvent:
		return p.Event
	case codec.KindVolatile:
		return "~" + p.Event
	case codec.KindClose, codec.KindEnd:
		return p.Kind.String() + " " + p.Code
	}
	return strings.TrimSpace(fmt.Sprint(p.Kind, " ", p.ID, " ", p.Code))
}

// code returns the code of the close that err is.
func code(tb testing.TB, err error) string {
	tb.Helper()
	var c *transport.CloseError
	require.ErrorAs(tb, err, &c)
	return c.Code
}
