// Package session holds the two numbered logs of a session, as plain data: it does no I/O, starts no goroutine, takes no lock and
// reads no clock. The server and a client run on the same code, one end each.
//
// Outgoing is what one end sends, Incoming what it accepts, Claims which wire is in use, Acks when to acknowledge. None may be used by
// two goroutines at once: whoever owns a session guards them all with one lock.
package session

import (
	"errors"
	"fmt"
)

var (
	// ErrOverflow is returned by Append when a bound of the unsent tail would be passed, and no topic has anything there to lose. The log is unchanged.
	ErrOverflow = errors.New("session: the unsent packets are over their bound: the peer does not keep up")
	// ErrSuspended is returned by Append for a packet of a topic that has lost some. It is dropped, as all of the topic are until Resume; the peer was told.
	ErrSuspended = errors.New("session: the packets of this topic are dropped until it is resumed")
	// ErrEnded is returned by Append after the last packet.
	ErrEnded = errors.New("session: ended")
	// ErrNotSent is returned when the peer acknowledges a packet that was never sent.
	ErrNotSent = errors.New("session: acknowledged what was not sent")
)

// Limits bound the two parts of an Outgoing log. A zero field takes its default. A part that is empty takes any one packet.
type Limits struct {
	UnsentBytes   int // 1 MiB
	UnsentPackets int // 4,096
	SentBytes     int // 4 MiB
	SentPackets   int // 16,384
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, to int) {
		if *v <= 0 {
			*v = to
		}
	}
	set(&l.UnsentBytes, 1<<20)
	set(&l.UnsentPackets, 4096)
	set(&l.SentBytes, 4<<20)
	set(&l.SentPackets, 16384)
	return l
}

// Outgoing is the log of what one end sends: first the sent packets, which have numbers and stay until they are acknowledged; then the unsent
// tail, which has none yet and may be edited. A packet gets its number when it is first written to a wire; from then on it never changes.
//
//	acknowledged │ sent, numbered           │ unsent
//	     … acked │ acked+1 … acked+sent     │ …
//	                      ▲ cursor: what the wire in use is written next
type Outgoing struct {
	limits      *Limits
	packets     queue
	edits       *edits // nil while the tail is as it was appended, and no topic is suspended
	acked       uint64
	sent        int
	cursor      uint64
	sentBytes   int
	unsentBytes int
	ended       bool
	shown       bool // Packets was called: others may have what the log holds
}

// NewOutgoing returns an empty log. Many logs may share one Limits, which must not be changed; nil means the defaults.
func NewOutgoing(limits *Limits) Outgoing {
	if limits == nil {
		limits = &defaultLimits
	}
	return Outgoing{limits: limits, cursor: 1}
}

var defaultLimits = Limits{}.withDefaults()

// SharedLimits returns limits with its defaults filled in, to be shared by many logs.
func SharedLimits(l Limits) *Limits {
	l = l.withDefaults()
	return &l
}

// Append adds a packet to the unsent tail. One with a key first removes the unsent packet of the same topic and key, if there is one: the newer stands at
// the end, so what a reader sees of a topic never goes backwards. That costs the same however long the tail is.
//
// When a bound of the tail would be passed, the topic with the most bytes there loses them: its unsent packets are dropped, its notice is appended, and
// it is suspended: Append drops what comes of it, with ErrSuspended, until Resume. p counts for its own topic; so the packet that was one too many is dropped
// itself if its topic has most, and otherwise appended. Only if no topic is left to lose anything does Append fail with ErrOverflow. After the
// last packet it fails with ErrEnded.
func (o *Outgoing) Append(p *Packet) error {
	if o.ended {
		return ErrEnded
	}
	if p.topic != nil {
		if o.Suspended(p.topic) {
			return ErrSuspended
		}
		if p.key != "" {
			o.conflate(p)
		}
	}
	if !o.limits.fits(o.unsent(), o.unsentBytes, p) {
		return o.appendOver(p)
	}
	o.push(p)
	return nil
}

// AppendLast adds the last packet, which no bound keeps out. It fails with ErrEnded if there was one already.
func (o *Outgoing) AppendLast(p *Packet) error {
	if o.ended {
		return ErrEnded
	}
	o.ended = true
	o.push(p)
	return nil
}

func (o *Outgoing) unsent() int { return o.packets.len() - o.sent - o.empties() }

// Attach moves the cursor for a new wire, whose peer has accepted recv packets: it goes on after what is acknowledged. It returns the number
// of the first packet that Next will give. A recv below what is acknowledged is stale, and no error; one above what was sent is ErrNotSent.
func (o *Outgoing) Attach(recv uint64) (from uint64, err error) {
	if err := o.Ack(recv); err != nil {
		return 0, err
	}
	o.cursor = o.acked + 1
	return o.cursor, nil
}

// Cursor returns the number of the packet that Next gives next. Next moves it by one. An acknowledgement that came by another wire may
// move it further, past what the wire in use was about to be written again: that wire must then be told, by a start, before the next
// packet.
func (o *Outgoing) Cursor() uint64 { return o.cursor }

// Next returns the next packet for the wire in use, if it has at most budget bytes, and moves the cursor. It returns nil when nothing waits, or when the sent
// part is full and an acknowledgement must come first. A packet that was unsent gets its number here.
func (o *Outgoing) Next(budget int) *Packet {
	if i := int(o.cursor - o.acked - 1); i < o.sent {
		p := o.packets.at(i)
		if p.Len() > budget {
			return nil
		}
		o.cursor++
		return p
	}
	p := o.first()
	if p == nil || p.Len() > budget || !o.roomToSend(p) {
		return nil
	}
	o.number(p)
	o.cursor++
	return p
}

func (o *Outgoing) roomToSend(p *Packet) bool {
	return o.sent == 0 || o.sent < o.limits.SentPackets && o.sentBytes+p.Len() <= o.limits.SentBytes
}

// Waiting reports whether Next, with budget enough, would give a packet.
func (o *Outgoing) Waiting() bool {
	if int(o.cursor-o.acked-1) < o.sent {
		return true
	}
	p := o.first()
	return p != nil && o.roomToSend(p)
}

// Ack takes an acknowledgement: packets up to n are forgotten, and the cursor is moved past them. One that is not higher than the last
// changes nothing. It fails with ErrNotSent.
func (o *Outgoing) Ack(n uint64) error {
	if n > o.acked+uint64(o.sent) {
		return fmt.Errorf("%w: %d, of %d", ErrNotSent, n, o.acked+uint64(o.sent))
	}
	for o.acked < n {
		p := o.packets.pop()
		o.acked++
		o.sent--
		o.sentBytes -= p.Len()
		if !o.shown {
			giveBack(p)
		}
	}
	o.cursor = max(o.cursor, o.acked+1)
	return nil
}

// Acked returns the highest number acknowledged.
func (o *Outgoing) Acked() uint64 { return o.acked }

// Sent returns the highest number given.
func (o *Outgoing) Sent() uint64 { return o.acked + uint64(o.sent) }

// Len returns how many packets the log holds: sent and not acknowledged, and unsent.
func (o *Outgoing) Len() (sent, unsent int) { return o.sent, o.unsent() }

// Size returns how many bytes the packets of each part have.
func (o *Outgoing) Size() (sent, unsent int) { return o.sentBytes, o.unsentBytes }

// Ended reports whether the last packet was appended.
func (o *Outgoing) Ended() bool { return o.ended }

// Done reports whether the last packet was appended and everything is acknowledged.
func (o *Outgoing) Done() bool { return o.ended && o.packets.len() == 0 }

// Packets calls yield with each packet that is not acknowledged, in order, and whether it was sent: the peer may have those.
// They may be kept, borrowed ones too.
func (o *Outgoing) Packets(yield func(p *Packet, sent bool) bool) {
	o.shown = true
	for i := range o.packets.len() {
		if p := o.packets.at(i); p != nil && !yield(p, i < o.sent) {
			return
		}
	}
}
