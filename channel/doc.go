// Package channel holds the channels of one node: what they may be called, which pattern a name belongs to, and who gets
// what is published.
//
// It knows nothing of HTTP, sessions or users. A Member is whatever takes packets; a broker.Log numbers the publications of each
// channel, for this node and others; a Hub hands each of them as one encoded packet, shared by all who speak the same codec, to every
// member.
//
//	Publish ──▶ encode, once a codec ──▶ broker: number, keep ──▶ Deliver to each member
//
// What happens to the members of a channel happens under one lock a channel, which is what makes a Position mean something: who
// joins at a position gets exactly the publications after it. Joining takes time (what was missed is read, the application takes a
// snapshot), and nobody waits for that: it goes by way of a Reservation.
//
//	Reserve ──▶ what is published is kept for it ──▶ From a position ──▶ Admit: what was missed, what was kept, then live
//
// Those who recover at about the same time share the packets of what they missed, too: see cache.
package channel
