package line

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// Codes of closes and ends that lines themselves use: docs/protocol.md §2.5.
const (
	codeVersion      = "version"
	codeHeartbeat    = "heartbeat"
	codeReplaced     = "replaced"
	codeGoingAway    = "going_away"
	codeLeaving      = "leaving"
	codeUnauthorized = "unauthorized"

	CodeClosed   = "closed"
	CodeExpired  = "expired"
	CodeOverflow = "overflow"
)

// An End says why a session is over.
type End struct {
	Code    string
	Message string
	Retry   time.Duration
	// ByPeer is set where the client ended it.
	ByPeer bool
}

// A Line is one session: its two logs and its wires. Its methods may be called at the same time.
type Line struct {
	registry *Registry
	id       string
	key      string
	codec    codec.Codec
	app      Session

	mu          sync.Mutex // guards what follows, and the state of every wire that belongs to the line
	out         session.Outgoing
	in          session.Incoming
	acks        session.Acks
	claims      session.Claims[*Wire]
	wires       []*Wire
	credentials credentials
	transport   string // the wire in use, or the last one
	over        bool   // the application's session has ended; the log may still be on its way
	awake       bool   // the wire in use was woken and has not yet found its log empty
	room        chan struct{}
	patience    time.Duration // how long the line may be without a wire
	aloneSince  time.Time
	progress    uint64 // the highest acknowledgement when the sweep looked, and since when it is that
	progressAt  time.Time
}

// credentials tell whether a wire shows the same ones as another, without keeping them.
type credentials [sha256.Size]byte

func credentialsOf(r *http.Request, token string) credentials {
	h := sha256.New()
	for _, s := range []string{token, r.Header.Get("Authorization"), r.Header.Get("Cookie")} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return credentials(h.Sum(nil))
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

// Send appends a numbered packet. It never blocks. It fails with session.ErrOverflow, after which the session is over, or session.ErrEnded.
func (l *Line) Send(p *session.Packet) error {
	l.mu.Lock()
	err := l.out.Append(p)
	if err == session.ErrOverflow && !l.over {
		end := &End{Code: CodeOverflow, Message: "the client did not keep up"}
		l.endLocked(end)
		wake := l.wakeLocked()
		l.mu.Unlock()
		wakeUp(wake)
		go l.app.Ended(end)
		return err
	}
	wake := l.wakeLocked()
	l.mu.Unlock()
	wakeUp(wake)
	return err
}

// SendVolatile writes a packet without a number to the wire in use, if there is one that keeps up; otherwise it is dropped, and the answer is false.
func (l *Line) SendVolatile(p *session.Packet) bool {
	l.mu.Lock()
	w := l.claims.InUse()
	if w == nil || w.closed != nil || l.over || len(w.control)+p.Len() > controlRoom || l.out.Waiting() {
		l.mu.Unlock()
		return false
	}
	w.appendControl(p.Bytes())
	l.awake = true
	l.mu.Unlock()
	w.sink.Wake()
	return true
}

// End ends the session: what was sent before still goes out, then an end packet. It does nothing on a session that is over. App.Ended is not called.
// It reports whether this call ended it.
func (l *Line) End(e *End) bool {
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		return false
	}
	l.endLocked(e)
	wake := l.wakeLocked()
	l.mu.Unlock()
	wakeUp(wake)
	return true
}

// endLocked ends the session and appends the end packet.
func (l *Line) endLocked(e *End) {
	l.over = true
	l.in.End()
	p, err := l.codec.AppendPacket(nil, &codec.Packet{Kind: codec.KindEnd, Code: e.Code, Message: e.Message, Millis: millis(e.Retry)})
	if err == nil {
		err = l.out.AppendLast(session.NewPacket(p))
	}
	if err != nil {
		l.registry.options.Logger.Error("hawser: cannot write end", "session", l.id, "error", err)
	}
	l.makeRoomLocked()
}

// Handled gives back the inbox room of a packet that was accepted and has now been handled.
func (l *Line) Handled(size int) {
	l.mu.Lock()
	l.in.Handled(size)
	l.makeRoomLocked()
	l.mu.Unlock()
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

// Goaway asks the client to move to another wire, on another node where there is one, at a random moment within d.
func (l *Line) Goaway(d time.Duration) {
	l.mu.Lock()
	w := l.claims.InUse()
	if w != nil && w.closed == nil {
		w.controlLocked(&codec.Packet{Kind: codec.KindGoaway, Millis: millis(d)})
	}
	l.mu.Unlock()
	if w != nil {
		w.sink.Wake()
	}
}

// wakeLocked returns the wire to wake because something was appended, or nil.
func (l *Line) wakeLocked() *Wire {
	w := l.claims.InUse()
	if w == nil || l.awake {
		return nil
	}
	l.awake = true
	return w
}

func wakeUp(w *Wire) {
	if w != nil && w.sink != nil {
		w.sink.Wake()
	}
}

// attachLocked adds a wire that said hello, and gives it the session if its claim is good. It returns the wires to wake: one that was
// displaced, and one that is one too many.
func (l *Line) attachLocked(w *Wire, h *codec.Hello) (wake [2]*Wire, err error) {
	if err := l.ackLocked(h.Recv); err != nil {
		return wake, err
	}
	if l.out.Waiting() { // there may be room again in the sent part
		wake[0] = l.wakeLocked()
	}
	w.number = h.Wire
	w.heard = time.Now()
	w.pingAfter = jitter(l.registry.options.Heartbeat)
	if w.sink == nil {
		w.answers = true
		return wake, nil
	}
	l.wires = append(l.wires, w)
	l.patience = l.registry.options.ResumeFor
	if displaced, taken := l.takeLocked(w, h.Claim, h.Recv); taken {
		wake[0] = displaced // a poll answers, a stream finds nothing
	}
	if len(l.wires) > maxWires {
		for _, standby := range l.wires {
			if standby != w && standby != l.claims.InUse() && standby.closed == nil {
				standby.closeLocked(&transport.CloseError{Code: codeReplaced})
				wake[1] = standby
				break
			}
		}
		l.wires = slices.DeleteFunc(l.wires, func(o *Wire) bool { return o == wake[1] })
	}
	return wake, nil
}

// takeLocked makes w the wire in use if its claim is good.
func (l *Line) takeLocked(w *Wire, claim, recv uint64) (displaced *Wire, taken bool) {
	displaced, taken = l.claims.Take(w, claim)
	if !taken {
		return nil, false
	}
	if _, err := l.out.Attach(max(recv, l.out.Acked())); err != nil {
		return displaced, true // cannot be: recv was checked by Ack
	}
	w.sayStart = true
	l.transport = w.transport
	l.awake = true // it is woken for its welcome, or for start
	return displaced, true
}

// detachLocked removes a wire.
func (l *Line) detachLocked(w *Wire) {
	if l.claims.Release(w) {
		l.awake = false
	}
	i := slices.Index(l.wires, w)
	if i < 0 {
		return
	}
	l.wires = slices.Delete(l.wires, i, i+1)
	if len(l.wires) == 0 {
		l.wires = nil
		l.aloneSince = time.Now()
	}
}

// dropWires closes all wires.
func (l *Line) dropWires(why *transport.CloseError) {
	l.mu.Lock()
	wires := slices.Clone(l.wires)
	for _, w := range wires {
		w.closeLocked(why)
	}
	l.mu.Unlock()
	for _, w := range wires {
		w.sink.Wake()
	}
}

// giveUp ends a line that has been without a wire for too long, and forgets it.
func (l *Line) giveUp() {
	l.mu.Lock()
	if len(l.wires) > 0 { // somebody came at the last moment
		l.mu.Unlock()
		return
	}
	var end *End
	if !l.over {
		end = &End{Code: CodeExpired, Message: "no connection came back in time"}
		l.over = true
		l.in.End()
		l.makeRoomLocked()
	}
	l.mu.Unlock()
	l.registry.forget(l)
	if end != nil {
		l.app.Ended(end)
	}
}

func millis(d time.Duration) uint64 { return uint64(max(d, 0) / time.Millisecond) }
