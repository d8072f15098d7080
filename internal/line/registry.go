// Package line is the server's half of the protocol: what stands between the wires of a session and the application. A Line is one session: its
// two logs, its wires, and the rules of docs/protocol.md §3-§6 about hello, claims, acknowledgements and liveness. It knows nothing of
// users, handlers or channels; what packets mean is the affair of the App above it.
package line

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// App is what stands above the lines.
type App interface {
	// Create settles whose session a new line is, before anything of it is handled. It may take its time: no lock is held. The request is
	// the one that said hello: its context may end meanwhile, for the wire may lose its race. A *transport.CloseError refuses, as it says.
	Create(r *http.Request, transport, token string, l *Line) (Session, *transport.CloseError)
	// Created is called when the line can be found, before its first packet is accepted. The registry is locked: it must not block, and must not call it.
	// What it is to run, by runs, if it is not nil.
	Created(s Session, by transport.Runner)
}

// Session is the application's side of one line.
type Session interface {
	// Accept takes packets that were accepted together, at that time. It is called in order, by one goroutine at a time, with the line's lock held: it must not
	// block, must not call the line, and must not keep packets, only what is in them. Their room is to be given back by Line.GiveBack. What a handler is to be
	// run for, by runs, if it is not nil.
	Accept(packets []*Received, at time.Time, by transport.Runner)
	// Reauthenticate examines the other credentials that a later wire shows. No lock is held. The request is as for Create.
	Reauthenticate(r *http.Request, token string) *transport.CloseError
	// Resumed says that a wire has come for a session that was not connected: its first, and each that ends an absence. It is called with the line's
	// lock held: it must not block, and must not call the line.
	Resumed()
	// Ended says that the session is over, and why: the peer ended it, nobody came back for it, or it broke. It is called once, with no lock held,
	// unless Line.End ended it.
	Ended(end *End)
}

// Waits reports whether a packet takes room in the inbox until it is handled: what application code runs for. The others are settled when they are
// accepted.
func Waits(k codec.Kind) bool {
	switch k {
	case codec.KindEvent, codec.KindCall, codec.KindJoin, codec.KindLeave, codec.KindAuth, codec.KindPublish, codec.KindVolatile:
		return true
	}
	return false
}

// Options are the bounds and times of all lines of a Registry. None may be zero.
type Options struct {
	Codecs       []codec.Codec
	MaxFrame     int // bytes
	Outgoing     *session.Limits
	Inbox        *session.InboxLimits
	Heartbeat    time.Duration
	PongWithin   time.Duration
	StaleAfter   time.Duration // a ping goes early when something has been unacknowledged for so long
	ResumeFor    time.Duration
	LeaveFor     time.Duration // instead of ResumeFor, after close leaving
	MaxHold      time.Duration
	WriteTimeout time.Duration
	MaxSessions  int           // 0: no bound
	SessionRate  int           // new ones a second; 0: no bound
	SessionBurst int           // that may begin at once
	DedupeWindow time.Duration // for which a session that has ended is remembered by its count
	MaxDedupe    int           // how many are
	Logger       *slog.Logger
}

// controlRoom is how many bytes of hello and other control packets fit into a frame beside its numbered packets.
const controlRoom = 16 << 10

// ackPolicy: over any wire the server acknowledges alone within a second; half of that, because the sweep looks every half second.
var ackPolicy = &session.AckPolicy{Packets: 256, Bytes: 256 << 10, Delay: sweepEvery}

// A Registry holds the lines of a server and opens wires to them. It is the transport.Host.
type Registry struct {
	options Options
	app     App
	began   time.Time
	wheel   wheel
	wires   atomic.Int64 // that belong to lines, and are not detached
	closing closing

	overflows atomic.Uint64 // sessions that ended with CodeOverflow

	mu         sync.Mutex // guards what follows; no line's lock is held when it is taken
	byKey      map[string]slot
	bySID      map[string]*Line
	tombs      []tomb // in the order of their moments
	watermarks watermarks
	admission  admission
	creating   int // slots that wait for the application
	closed     bool
	returns    atomic.Int64 // the time over which clients come back after Refuse
	sweeps     *time.Timer  // nil while there is nothing to sweep
	due        []*Line      // empty; kept for the next sweep
}

var _ transport.Host = (*Registry)(nil)

// A slot is what is known of a key, for ever (as far as memory goes): it is being created, it has a line, or, with neither, it has ended.
type slot struct {
	line     *Line
	creation *creation
}

// A creation is a line that waits for the application, and those who wait for the line.
type creation struct {
	done chan struct{} // closed when what follows is set; nil while nobody waits. Guarded by the registry's lock
	over bool
	line *Line
	err  *transport.CloseError // why it was not created
}

// A tomb is the key of a line that is forgotten.
type tomb struct {
	key   string
	until moment
}

// NewRegistry returns a registry without lines.
func NewRegistry(app App, o Options) *Registry {
	return &Registry{
		options: o, app: app, began: time.Now(), byKey: map[string]slot{}, bySID: map[string]*Line{},
		watermarks: watermarks{limit: o.MaxDedupe},
		admission:  newAdmission(o.SessionRate, o.SessionBurst, o.MaxSessions),
	}
}

// Codec implements transport.Host.
func (g *Registry) Codec(name string) codec.Codec {
	for _, c := range g.options.Codecs {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// Codecs implements transport.Host.
func (g *Registry) Codecs() []string {
	names := make([]string, len(g.options.Codecs))
	for i, c := range g.options.Codecs {
		names[i] = c.Name()
	}
	return names
}

// MaxFrame implements transport.Host.
func (g *Registry) MaxFrame() int { return g.options.MaxFrame + controlRoom }

// WriteTimeout implements transport.Host.
func (g *Registry) WriteTimeout() time.Duration { return g.options.WriteTimeout }

// MaxHold implements transport.Host.
func (g *Registry) MaxHold() time.Duration { return g.options.MaxHold }

// Logger implements transport.Host.
func (g *Registry) Logger() *slog.Logger { return g.options.Logger }

// Open implements transport.Host.
func (g *Registry) Open(r *http.Request, o transport.Opening) transport.Wire {
	w := &Wire{registry: g, request: r, transport: o.Transport, codec: o.Codec, sink: o.Sink, runner: o.Runner, once: o.Once}
	if !o.Ends.IsZero() {
		w.ends = g.momentOf(o.Ends)
		w.moves = w.ends.add(-movesAhead(w.ends.sub(g.now())))
	}
	return w
}

// Line returns the line with that id, or nil.
func (g *Registry) Line(sid string) *Line {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bySID[sid]
}

// Len returns how many lines are alive.
func (g *Registry) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.bySID)
}

// Lines returns all lines that are alive.
func (g *Registry) Lines() []*Line {
	g.mu.Lock()
	defer g.mu.Unlock()
	lines := make([]*Line, 0, len(g.bySID))
	for _, l := range g.bySID {
		lines = append(lines, l)
	}
	return lines
}

// find returns the line that a hello speaks of, and makes it if that is what the hello asks; fresh says that it was made while the hello waited. A nil line
// without an error is gone.
func (g *Registry) find(ctx context.Context, w *Wire, h *codec.Hello) (l *Line, fresh bool, err error) {
	if h.SID != "" {
		l := g.Line(h.SID)
		if l == nil || !l.hasKey(h.Key) {
			return nil, false, nil
		}
		return l, false, nil
	}
	s, ours, refused := g.slot(w, h)
	switch {
	case refused != nil:
		return nil, false, refused
	case s.creation == nil:
		return s.line, false, nil
	case ours:
		g.create(w, h, s.creation)
	default:
		select {
		case <-g.finished(s.creation):
		case <-ctx.Done():
			return nil, false, &transport.CloseError{Code: transport.CodeUnavailable, Message: "it took too long to say who you are"}
		}
	}
	if s.creation.err != nil {
		return nil, false, s.creation.err
	}
	return s.creation.line, true, nil
}

// slot returns what is known of a key, or makes a slot whose creation is ours to finish.
func (g *Registry) slot(w *Wire, h *codec.Hello) (s slot, ours bool, refused *transport.CloseError) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s, known := g.byKey[h.Key]; known {
		return s, false, nil
	}
	switch {
	case w.sink == nil: // POST send creates nothing
		return slot{}, false, nil
	case g.closed:
		return slot{}, false, g.stopping()
	}
	if refused := g.admitLocked(h.Key); refused != nil {
		return slot{}, false, refused
	}
	if h.Key == "" {
		h.Key = newSecret()
		w.madeKey = h.Key
	}
	s = slot{creation: &creation{}}
	g.byKey[h.Key] = s
	g.creating++
	g.sweepLocked()
	return s, true, nil
}

// admitLocked says whether another session may begin.
func (g *Registry) admitLocked(key string) *transport.CloseError {
	now, sessions := g.now(), len(g.bySID)+g.creating
	retry, ok := g.admission.admit(key, now, sessions)
	if ok {
		return nil
	}
	if g.admission.shouldLog(now) {
		g.options.Logger.Warn("hawser: new sessions are turned away, and told to come back", "sessions", sessions, "turned away", g.admission.turnedAway)
	}
	return &transport.CloseError{Code: transport.CodeUnavailable, Message: "too many new sessions", Retry: retry}
}

// Overflows returns how many sessions have ended because their client did not keep up.
func (g *Registry) Overflows() uint64 { return g.overflows.Load() }

// Admissions returns how many new sessions were admitted, and how many turned away.
func (g *Registry) Admissions() (admitted, turnedAway uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.admission.admitted, g.admission.turnedAway
}

// Remembered returns of how many lines that are forgotten the count of what they had accepted is still known.
func (g *Registry) Remembered() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.watermarks.len()
}

func (g *Registry) stopping() *transport.CloseError {
	return &transport.CloseError{Code: codeGoingAway, Message: "this server is stopping", Retry: g.ReturnIn()}
}

// finished returns what is closed when a creation has its line, or none.
func (g *Registry) finished(c *creation) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.over {
			close(c.done)
		}
	}
	return c.done
}

func (c *creation) finishLocked() {
	c.over = true
	if c.done != nil {
		close(c.done)
	}
}

// errUnsaid is why a line is not created where the application ends the goroutine.
var errUnsaid = &transport.CloseError{Code: transport.CodeUnavailable, Message: "cannot say now who you are"}

// create asks the application whose a new line is, and finishes its creation, also where the application ends the goroutine.
func (g *Registry) create(w *Wire, h *codec.Hello, c *creation) {
	l := &Line{
		registry:    g,
		id:          newID(),
		key:         h.Key,
		codec:       w.codec,
		credentials: credentialsOf(w.request, h.Token),
		out:         session.NewOutgoing(g.options.Outgoing),
		in:          session.NewIncoming(g.options.Inbox),
		acks:        session.NewAcks(ackPolicy),
		transport:   w.transport,
		patience:    g.options.ResumeFor,
	}
	refused := errUnsaid
	defer func() { g.created(l, refused, c, w.runner) }()
	l.app, refused = g.app.Create(w.request, w.transport, h.Token, l)
	if refused == nil && h.Lost != nil {
		l.lost = g.settle(h.Lost)
	}
}

// created finishes a creation: it makes the line known, unless it was refused.
func (g *Registry) created(l *Line, refused *transport.CloseError, c *creation, by transport.Runner) {
	l.aloneSince = g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	defer c.finishLocked()
	g.creating--
	if refused == nil && g.closed {
		refused = g.stopping()
	}
	if refused != nil {
		c.err = refused
		delete(g.byKey, l.key)
		return
	}
	c.line = l
	g.byKey[l.key] = slot{line: l}
	g.bySID[l.id] = l
	l.look = g.wheel.move(l, tickAt(l.aloneUntil())) // nobody else knows the line yet
	g.app.Created(l.app, by)
}

// forget drops a line whose session has ended and whose packets are acknowledged or given up; its key stays for a while.
func (g *Registry) forget(l *Line) {
	accepted := l.accepted() // no more: it is over
	proof := proofOf(l.id, l.key)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.bySID, l.id)
	now := g.now()
	g.watermarks.keep(proof, accepted, now.add(g.options.DedupeWindow), now)
	if g.byKey[l.key].line == l {
		g.byKey[l.key] = slot{}
		g.tombs = append(g.tombs, tomb{l.key, now.add(g.options.ResumeFor)})
	}
}

// forgetKeysLocked forgets the keys of lines that were forgotten long ago.
func (g *Registry) forgetKeysLocked(now moment) {
	n := 0
	for ; n < len(g.tombs) && now > g.tombs[n].until; n++ {
		delete(g.byKey, g.tombs[n].key)
	}
	clear(g.tombs[:n])
	g.tombs = g.tombs[n:]
	if len(g.tombs) == 0 {
		g.tombs = nil
	}
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// newSecret makes a key: 128 bits.
func newSecret() string { return random(16) }

// newID makes a session's public id: 96 bits, so that it can be neither met twice nor guessed.
func newID() string { return random(12) }
