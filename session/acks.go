package session

import "time"

// AckPolicy says when an acknowledgement goes alone. Otherwise it rides on whatever goes that way.
type AckPolicy struct {
	Packets uint64        // after so many packets; 0: not for their number
	Bytes   int           // after so many bytes; 0: not for their size
	Delay   time.Duration // at the latest so long after the first
}

// Acks remembers what was acknowledged to the peer, and since when there is more.
type Acks struct {
	policy *AckPolicy
	said   uint64
	bytes  int
	since  time.Time // zero: nothing is owed
}

// NewAcks returns an Acks at zero. Many may share one policy, which must not be changed.
func NewAcks(policy *AckPolicy) Acks { return Acks{policy: policy} }

// Accepted notes that a packet of that many bytes was accepted.
func (a *Acks) Accepted(bytes int, now time.Time) {
	if a.since.IsZero() {
		a.since = now
	}
	a.bytes += bytes
}

// Owed reports whether something was accepted that no acknowledgement has said.
func (a *Acks) Owed() bool { return !a.since.IsZero() }

// Due reports whether an acknowledgement up to accepted should go now, if need be alone.
func (a *Acks) Due(accepted uint64, now time.Time) bool {
	if a.since.IsZero() {
		return false
	}
	p := a.policy
	return p.Packets > 0 && accepted-a.said >= p.Packets || p.Bytes > 0 && a.bytes >= p.Bytes || now.Sub(a.since) >= p.Delay
}

// Said notes that an acknowledgement up to n was written.
func (a *Acks) Said(n uint64) {
	a.said, a.bytes, a.since = n, 0, time.Time{}
}
