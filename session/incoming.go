package session

import (
	"errors"
	"fmt"
)

var (
	// ErrNoStart is returned for a numbered packet on a wire that did not say where its numbers start.
	ErrNoStart = errors.New("session: a numbered packet before start")
	// ErrLeap is returned for a start above the next number to accept: packets are missing. The wire is over; the session goes on.
	ErrLeap = errors.New("session: packets were skipped")
	// ErrLeapAgain is a second leap without a packet accepted in between. The session is over.
	ErrLeapAgain = fmt.Errorf("%w again", ErrLeap)
	// ErrFull is returned while the inbox has no room. Nothing changed; try again when Handled has made some.
	ErrFull = errors.New("session: the inbox is full")
	// ErrAfterEnd is returned for a packet after the last.
	ErrAfterEnd = errors.New("session: a packet after the end")
)

// InboxLimits bound what was accepted and not yet handled. A zero field takes its default. An empty inbox takes any one packet.
type InboxLimits struct {
	Bytes   int // 1 MiB
	Packets int // 1,024
}

// SharedInboxLimits returns limits with its defaults filled in, to be shared by many sessions.
func SharedInboxLimits(l InboxLimits) *InboxLimits {
	if l.Bytes <= 0 {
		l.Bytes = 1 << 20
	}
	if l.Packets <= 0 {
		l.Packets = 1024
	}
	return &l
}

var defaultInboxLimits = SharedInboxLimits(InboxLimits{})

// Incoming counts what one end has accepted, and how much of it waits to be handled.
type Incoming struct {
	limits   *InboxLimits
	accepted uint64
	leaped   bool // the last start was a leap, and nothing was accepted since
	ended    bool

	inboxBytes   int
	inboxPackets int
}

// A Cursor is the place of one wire in the peer's numbers. Its zero value has no start yet.
type Cursor struct {
	next uint64
}

// NewIncoming returns a counter at zero. Many may share one InboxLimits, which must not be changed; nil means the defaults.
func NewIncoming(limits *InboxLimits) Incoming {
	if limits == nil {
		limits = defaultInboxLimits
	}
	return Incoming{limits: limits}
}

// Start says that the next numbered packet of the wire is n. It fails with ErrLeap or ErrLeapAgain; 0 is a leap too, for no packet has that number.
func (in *Incoming) Start(c *Cursor, n uint64) error {
	if n == 0 || n > in.accepted+1 {
		if in.leaped {
			return fmt.Errorf("%w: to %d, after %d", ErrLeapAgain, n, in.accepted)
		}
		in.leaped = true
		return fmt.Errorf("%w: to %d, after %d", ErrLeap, n, in.accepted)
	}
	c.next = n
	return nil
}

// Accept takes the next numbered packet of the wire, and reports whether it is new: one that is not was accepted before, and is to be
// dropped. A packet that waits for a handler has a size above zero and takes room in the inbox until Handled; one that takes effect at once has size 0.
// It fails with ErrNoStart, ErrFull or ErrAfterEnd, and then nothing has changed.
func (in *Incoming) Accept(c *Cursor, size int) (fresh bool, err error) {
	if c.next == 0 {
		return false, ErrNoStart
	}
	if c.next <= in.accepted {
		c.next++
		return false, nil
	}
	if in.ended {
		return false, ErrAfterEnd
	}
	if size > 0 {
		if in.inboxPackets > 0 && (in.inboxPackets >= in.limits.Packets || in.inboxBytes+size > in.limits.Bytes) {
			return false, ErrFull
		}
		in.inboxPackets++
		in.inboxBytes += size
	}
	in.accepted++
	in.leaped = false
	c.next++
	return true, nil
}

// End says that the packet accepted last was the last of its direction.
func (in *Incoming) End() { in.ended = true }

// Handled gives back the room of so many packets, that were accepted with sizes above zero, in all so many bytes.
func (in *Incoming) Handled(packets, bytes int) {
	in.inboxPackets -= packets
	in.inboxBytes -= bytes
}

// Accepted returns the highest number accepted: what an acknowledgement says.
func (in *Incoming) Accepted() uint64 { return in.accepted }

// Inbox returns how much waits to be handled.
func (in *Incoming) Inbox() (packets, bytes int) { return in.inboxPackets, in.inboxBytes }
