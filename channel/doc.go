// Package channel holds the channels of one node: what they may be called, which pattern a name belongs to, and who gets
// what is published.
//
// It knows nothing of HTTP, sessions or users. A Member is whatever takes packets; a Hub numbers the publications of each
// channel and hands one encoded packet, shared by all who speak the same codec, to every member.
//
//	Publish ──▶ encode, once a codec ──▶ number (epoch, offset) ──▶ Deliver to each member
//
// The numbering and the handing out happen under one lock a channel, which is what makes a Position mean something: who joins
// at a position gets exactly the publications after it.
package channel
