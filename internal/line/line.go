package line

import (
	"crypto/subtle"
	"errors"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// Codes of closes and ends that lines themselves use: docs/protocol.md §2.5.
const (
	codeGone      = "gone" // only inside: what says it is a packet of its own
	codeHeartbeat = "heartbeat"
	codeGoingAway = "going_away"
	codeLeaving   = "leaving"

	CodeClosed   = "closed"
	CodeExpired  = "expired"
	CodeOverflow = "overflow"
	CodeReplaced = "replaced"
)

// A stage is how far the life of a line has come.
type stage uint8

const (
	alive  stage = iota
	ending       // the session is over; its last packets may still be on their way
	gone         // nothing is on its way: no wire may join any more
)

// A Line is one session: its two logs and its wires. Its methods may be called at the same time.
type Line struct {
	registry *Registry
	id       string
	key      string
	codec    codec.Codec
	app      Session

	// mu guards what follows, and the state of every wire that belongs to the line. It may be taken while a channel's lock is held; while it is held
	// sinks are woken, which return at once, but neither the registry's lock is taken nor the application asked.
	//
	// What each delivery looks at comes first: of a broadcast, other processors have it in their caches, and every cache line costs.
	mu           sync.Mutex
	stage        stage
	awake        bool // the wire in use was woken and has not yet found its log empty
	betweenPolls bool // the last wire was a poll, and was answered: the next is to come
	look         tick // when the wheel has a sweep look at the line; 0: it does not
	out          session.Outgoing
	claims       session.Claims[*Wire]
	// stalledSince is since when something that was sent waits and no acknowledgement has come; 0: nothing is known to wait.
	stalledSince moment
	acks         session.Acks

	in          session.Incoming
	wires       []*Wire       // at most maxWires
	transport   string        // of the wire in use, or the last one
	volatiles   volatiles     // that wait for a handler
	room        chan struct{} // closed when the inbox has room again; nil while nobody waits for that
	patience    time.Duration // how long the line may be without a wire
	aloneSince  moment
	endedAt     moment
	credentials credentials

	links links // guarded by the wheel's lock

	lost *uint64 // how many packets were accepted of the session that the client lost before this one; nil: not known, or there is none
}

// ID returns the session's public id.
func (l *Line) ID() string { return l.id }

// Codec returns the session's codec.
func (l *Line) Codec() codec.Codec { return l.codec }

// Transport returns the name of the transport in use, or of the last one.
func (l *Line) Transport() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.transport
}

func (l *Line) hasKey(key string) bool {
	return subtle.ConstantTimeCompare([]byte(l.key), []byte(key)) == 1
}

// accepted returns how many packets of the client were accepted.
func (l *Line) accepted() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.in.Accepted()
}

// Send appends a numbered packet. It never blocks. It fails with session.ErrSuspended for a packet of a topic that has overflowed: see Outgoing.Append;
// with session.ErrOverflow, after which the session is over; or session.ErrEnded.
func (l *Line) Send(p *session.Packet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stage != alive {
		return session.ErrEnded
	}
	err := l.out.Append(p)
	switch {
	case err == nil:
		l.wakeLocked()
	case errors.Is(err, session.ErrSuspended) && l.out.Waiting(): // the notice, maybe
		l.wakeLocked()
	case errors.Is(err, session.ErrOverflow):
		l.registry.overflows.Add(1)
		l.breakLocked(&End{Code: CodeOverflow, Message: "the client did not keep up"})
	}
	return err
}

// Resume makes Send take packets of a topic again, whose suspension ends where the client begins anew.
func (l *Line) Resume(t *session.Topic) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.Resume(t)
}

// SendVolatile writes a packet without a number to the wire in use, if there is one that keeps up; otherwise it is dropped, and the answer is false. So it
// is while the packet's topic is suspended.
func (l *Line) SendVolatile(p *session.Packet) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.claims.InUse()
	switch {
	case l.stage != alive || w == nil || w.closed != nil || w.answered:
		return false
	case l.out.Waiting() || l.out.Suspended(p.Topic()) || !w.volatileFits(p.Len()):
		return false
	}
	w.appendVolatile(p.Bytes())
	l.wakeLocked()
	return true
}

// Goaway asks the client to move to another wire, on another node where there is one, at a random moment within d.
func (l *Line) Goaway(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.claims.InUse(); w != nil && w.closed == nil {
		w.goawayLocked(d)
	}
}

// GiveBack gives back the inbox room of packets that have been handled.
func (l *Line) GiveBack(h Handled) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.volatiles.handled(h.volatiles)
	l.in.Handled(h.numbered.packets, h.numbered.bytes)
	l.makeRoomLocked()
}

func (l *Line) makeRoomLocked() {
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
}

func (l *Line) roomLocked() <-chan struct{} {
	if l.room == nil {
		l.room = make(chan struct{})
	}
	return l.room
}

// Unacknowledged returns the packets that the client has not acknowledged, in order, and how many of them were sent, so that it may have them.
func (l *Line) Unacknowledged() (packets []*session.Packet, sent int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.Packets(func(p *session.Packet, wasSent bool) bool {
		packets = append(packets, p)
		if wasSent {
			sent++
		}
		return true
	})
	return packets, sent
}

// nextPoll is for how long a client that polls, and does not hold its polls, may be without a wire.
const nextPoll = 3 * time.Second

func (l *Line) unsettled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent, unsent := l.out.Len()
	return sent+unsent > 0 && l.connectedLocked()
}

// Connected reports whether the client is there: it has a wire, or it polls and the next poll is about to come.
func (l *Line) Connected() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connectedLocked()
}

func (l *Line) connectedLocked() bool {
	return len(l.wires) > 0 || l.betweenPolls && l.registry.now().sub(l.aloneSince) < nextPoll
}

// ackLocked takes an acknowledgement, by whatever wire it came.
func (l *Line) ackLocked(n uint64) error {
	before := l.out.Acked()
	if err := l.out.Ack(n); err != nil {
		return err
	}
	if l.out.Acked() > before {
		l.stalledSince = 0
		if sent, _ := l.out.Len(); sent > 0 {
			l.stalledSince = l.registry.now()
		}
	}
	if l.out.Done() {
		l.goneLocked() // the peer has all of it, the end too
	} else if l.out.Waiting() {
		l.wakeLocked() // the sent part had been full, and has room again
	}
	return nil
}

// wakeLocked tells the wire in use that something waits, unless it was told and has not looked since.
func (l *Line) wakeLocked() {
	if w := l.claims.InUse(); w != nil && !l.awake {
		l.awake = true
		w.sink.Wake()
	}
}

// leapLocked says what becomes of a wire that skipped numbers, and of the session if it does so again.
func (l *Line) leapLocked(err error) error {
	if errors.Is(err, session.ErrLeapAgain) && l.stage == alive {
		l.breakLocked(&End{Code: transport.CodeProtocol, Message: err.Error()})
	}
	return &transport.CloseError{Code: transport.CodeLeap, Message: err.Error()}
}

func millis(d time.Duration) uint64 { return uint64(max(d, 0) / time.Millisecond) }
