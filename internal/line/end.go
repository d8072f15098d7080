package line

import (
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// An End says why a session is over.
type End struct {
	Code    string
	Message string
	Retry   time.Duration
	// ByPeer is set where the client ended it.
	ByPeer bool
}

// maxText is how many bytes of a code and of a message go into a packet: why something failed must fit into any frame.
const maxText = 1 << 10

// End ends the session: what was sent before still goes out, then an end packet. It does nothing on a session that is over. Session.Ended is not called.
// It reports whether this call ended it.
func (l *Line) End(e *End) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stage != alive {
		return false
	}
	l.endLocked(e)
	return true
}

// breakLocked ends the session for a reason of the line's own. The application hears of it on another goroutine: locks are held here, the line's and
// maybe a channel's.
func (l *Line) breakLocked(e *End) {
	l.endLocked(e)
	go l.app.Ended(e)
}

// endLocked ends the session, and appends the end packet. It says how many packets of the client were accepted, for good: in its next session the client may
// have nobody to ask, as this process may be gone by then.
func (l *Line) endLocked(e *End) {
	l.overLocked()
	p, err := l.codec.AppendPacket(nil, &codec.Packet{
		Kind: codec.KindEnd, Code: Clip(e.Code), Message: Clip(e.Message), Millis: millis(e.Retry), Recv: l.in.Accepted(),
	})
	if err == nil {
		err = l.out.AppendLast(session.NewPacket(p))
	}
	if err != nil {
		l.registry.options.Logger.Error("hawser: cannot write end", "session", l.id, "error", err)
	}
	l.wakeLocked()
}

// overLocked ends what comes up: whoever waits for room in the inbox need not.
func (l *Line) overLocked() {
	l.stage = ending
	l.endedAt = l.registry.now()
	l.lookLocked(l.endedAt.add(l.registry.options.ResumeFor))
	l.in.End()
	l.makeRoomLocked()
}

// goneLocked lets go of the line's wires and of the line: all is said, or nobody is there to hear it.
func (l *Line) goneLocked() {
	if l.stage == gone {
		return
	}
	l.stage = gone
	l.forgottenLocked()
	l.closeWiresLocked(&transport.CloseError{Code: CodeClosed})
	go l.registry.forget(l) // whose lock comes before the line's
}

// forgottenLocked takes the line from the wheel, which would keep it in memory. A wire that is still to close puts it back.
func (l *Line) forgottenLocked() {
	l.registry.wheel.remove(l)
	l.look = 0
}

// expireLocked ends a line that nobody came back for.
func (l *Line) expireLocked() *End {
	l.overLocked()
	l.goneLocked()
	return &End{Code: CodeExpired, Message: "no connection came back in time"}
}

// supersede ends a session whose client has lost it and begins another one, and returns how many packets it had accepted: for good.
func (l *Line) supersede() uint64 {
	l.mu.Lock()
	wasAlive := l.stage == alive
	if wasAlive {
		l.overLocked()
	}
	l.goneLocked()
	accepted := l.in.Accepted()
	l.mu.Unlock()
	if wasAlive {
		l.app.Ended(&End{Code: CodeReplaced, Message: "the client has lost it, and begun another one", ByPeer: true})
	}
	return accepted
}

func (l *Line) closeWiresLocked(why *transport.CloseError) {
	for _, w := range l.wires {
		// The answer that said it may have been lost, and nobody can ask any more.
		w.sayAck = w.sayAck || l.in.Accepted() > 0
		w.closeLocked(why)
		w.sink.Wake()
	}
}

// Clip cuts a code or a message to what a packet has room for, 1 KiB, at the start of a character.
func Clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > 0 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end]
}
