package line

import (
	"slices"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// maxWires is how many wires a session may have at once.
const maxWires = 4

// attachLocked adds a wire that said hello, and gives it the session if its claim is good.
func (l *Line) attachLocked(w *Wire, h *codec.Hello) {
	w.number = h.Wire
	w.heard = l.registry.now()
	w.pingAfter = jitter(l.registry.options.Heartbeat)
	if w.sink == nil {
		w.sayAck = true
		return
	}
	w.sayWelcome = true
	w.hold = time.Duration(min(h.Wait, millis(l.registry.options.MaxHold))) * time.Millisecond
	if !l.connectedLocked() {
		l.app.Resumed()
	}
	l.wires = append(l.wires, w)
	l.registry.wires.Add(1)
	l.lookLocked(w.nextLookLocked(&l.registry.options))
	l.patience = l.registry.options.ResumeFor
	if !l.takeLocked(w, h.Claim) {
		w.sink.Wake() // for its welcome
	}
	l.evictLocked(w)
}

// takeLocked makes w the wire in use if its claim is good.
func (l *Line) takeLocked(w *Wire, claim uint64) bool {
	displaced, taken := l.claims.Take(w, claim)
	if !taken {
		return false
	}
	if displaced != nil {
		displaced.sink.Wake() // a poll answers; others find nothing
	}
	_, _ = l.out.Attach(l.out.Acked()) // never fails: what is acknowledged was sent
	w.down = 0
	l.stalledSince = 0
	if l.acks.Owed() {
		l.lookLocked(l.registry.now())
	}
	l.transport = w.transport
	if w.moves != 0 {
		l.lookLocked(w.moves)
	}
	l.awake = w.hold == 0 || l.out.Waiting() // a poll that may be held keeps its welcome for its answer
	if l.awake {
		w.sink.Wake()
	}
	return true
}

// evictLocked closes the oldest standby if there is a wire too many.
func (l *Line) evictLocked(latest *Wire) {
	if len(l.wires) <= maxWires {
		return
	}
	i := slices.IndexFunc(l.wires, func(w *Wire) bool { return w != latest && w != l.claims.InUse() })
	oldest := l.wires[i]
	l.wires = slices.Delete(l.wires, i, i+1)
	oldest.closeLocked(&transport.CloseError{Code: CodeReplaced, Message: "too many wires"})
	oldest.sink.Wake()
}

// useLocked moves the server's sending to the wire that p names.
func (l *Line) useLocked(p *codec.Packet) error {
	if err := l.ackLocked(p.Recv); err != nil {
		return err
	}
	for _, w := range l.wires {
		if w.number == p.Wire && w.closed == nil {
			l.takeLocked(w, p.Claim)
			return nil
		}
	}
	return nil // it has ended meanwhile; the client will see
}

// detachLocked removes a wire, which was answered if it was a poll that is over as it should be. One that is not there any more changes nothing.
func (l *Line) detachLocked(w *Wire, answered bool) {
	if l.claims.Release(w) {
		l.awake = false
	}
	i := slices.Index(l.wires, w)
	if i < 0 {
		return
	}
	l.wires = slices.Delete(l.wires, i, i+1)
	if len(l.wires) > 0 {
		return
	}
	l.wires = nil
	if l.stage == gone {
		l.forgottenLocked()
		return
	}
	l.aloneLocked(answered)
}

// aloneLocked notes that there is no wire any more: from now on the line waits for one, and not for ever.
func (l *Line) aloneLocked(betweenPolls bool) {
	l.aloneSince = l.registry.now()
	l.betweenPolls = betweenPolls
	l.lookLocked(l.aloneUntil())
}

// aloneUntil returns when the line's patience ends, if it has no wire. That of a client that polls outlasts the time between two polls, however short
// ResumeFor is.
func (l *Line) aloneUntil() moment {
	if l.betweenPolls {
		return l.aloneSince.add(max(l.patience, nextPoll))
	}
	return l.aloneSince.add(l.patience)
}

// leaveLocked lets go of all wires of a page that goes for good: what is left of them is only what has not noticed yet. Unless a hello comes, the
// session ends soon.
func (l *Line) leaveLocked() {
	l.closeWiresLocked(&transport.CloseError{Code: codeLeaving})
	for len(l.wires) > 0 {
		l.detachLocked(l.wires[0], false)
	}
	l.patience = l.registry.options.LeaveFor
	l.aloneLocked(false)
}
