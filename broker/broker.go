// Package broker is the contract between the nodes of a server: what they share, and nothing else. The zero configuration is one node, and
// broker/memory.
//
// It is four small contracts, each of which an implementation keeps as a whole; broker/brokertest is the suite that says what "keeps" means. All methods
// may be called at the same time. A context bounds the call, not what it begins. What they are given they may keep, and nobody changes it afterwards.
package broker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Broker is all that nodes share.
type Broker interface {
	Log
	Leases
	Claims
	Nodes
	// Close ends all subscriptions and watches, and frees what it holds. Other methods fail with ErrClosed afterwards.
	Close() error
}

// The errors of a Broker, beside a *PositionError and what its network has to say.
var (
	ErrClosed = errors.New("broker: closed")
	// ErrNoNode is of Ask: nobody serves under that name.
	ErrNoNode = errors.New("broker: no such node")
)

// A Position is a place in the publications of a channel: after the publication with that offset, in that epoch. Offsets of
// different epochs have nothing to do with each other. The zero Position is no position.
type Position struct {
	// Epoch names one stretch of numbering. It changes when the numbering starts anew, which tells whoever has an older position
	// that publications may have been missed.
	Epoch string `json:"epoch"`
	// Offset is the number of the last publication: 0 before the first, then one more for each.
	Offset uint64 `json:"offset"`
}

// A Message is one publication, as nodes hand it to each other.
type Message struct {
	Event string
	// Payloads holds the data once for each codec that the publishing node speaks; none if there is no data.
	Payloads []Payload
	// Except is the id of the session that is not to get it, or "".
	Except string
	// Key is what a channel that keeps only the latest conflates by, or "".
	Key string
}

// A Payload is data as one codec encoded it.
type Payload struct {
	Codec string // the codec's name
	Data  []byte
	Bytes bool // whether the data as a whole is bytes
}

// An Entry is a message with its place.
type Entry struct {
	Offset uint64
	At     time.Time // when it was appended, by the broker's clock
	Message
}

// A Retention says how much of a channel's log is kept: the last Size messages, none older than Age. A zero Size keeps nothing; a zero Age has
// no bound of time.
type Retention struct {
	Size int
	Age  time.Duration
}

// A Log numbers and keeps the publications of channels. A channel exists from its first use.
type Log interface {
	// Append gives m the next offset of the channel, keeps it as keep says, and returns its position. All subscribers, on every node, get the messages
	// of a channel in the order of their offsets, each once.
	Append(ctx context.Context, channel string, m Message, keep Retention) (Position, error)
	// Read returns what is kept of a channel. It is not behind what subscribers on this node have got.
	Read(ctx context.Context, channel string, q Query) (Page, error)
	// Subscribe calls receive for every message after the position that it returns, one at a time, in order, without a hole. receive must not block, must
	// not call the Broker for this channel, and must not keep e, which is lent; it may be called before Subscribe has returned. A hole that cannot be helped
	// (messages were lost between nodes) is told by an entry of another epoch. stop ends it: receive is not called after stop has returned.
	Subscribe(ctx context.Context, channel string, receive func(epoch string, e *Entry)) (at Position, stop func(), err error)
}

// A Query is a stretch of a channel's log: either what follows After, or the Limit messages before Before, of the latest if both are zero.
type Query struct {
	// After is the position that is known. If what follows it is not kept any more as a whole, Read fails with a *PositionError.
	After Position
	// Before is an offset of the epoch Epoch: messages with lower ones are wanted, the latest of them. Used when After is zero.
	Before uint64
	Epoch  string // "" is the present one
	// Limit is the most messages that are returned. 0 is all that is kept.
	Limit int
}

// A Page is an answer to a Query.
type Page struct {
	// At is the position of the channel's last publication.
	At Position
	// Entries are in the order of their offsets.
	Entries []Entry
	// More says that Limit cut something off that is kept: after the entries of an After query, before those of another.
	More bool
}

// A PositionReason is why a position is of no use.
type PositionReason uint8

// The reasons.
const (
	OtherEpoch PositionReason = iota + 1 // the numbering has started anew since
	Trimmed                              // what followed it is not kept any more
	Future                               // it is beyond the last publication
)

// A PositionError says that what follows a position cannot be had.
type PositionError struct {
	Reason PositionReason
	Given  Position
	At     Position // of the channel's last publication
}

func (e *PositionError) Error() string {
	why := [...]string{"", "is of another epoch", "is older than what is kept", "is beyond the last publication"}[e.Reason]
	return fmt.Sprintf("broker: position %s/%d %s (%s/%d)", e.Given.Epoch, e.Given.Offset, why, e.At.Epoch, e.At.Offset)
}

// A Lease is something that is so for as long as somebody renews it: a session is present in a channel. When its holder dies with its node, it
// expires.
type Lease struct {
	Key   string // unique in its group
	Value []byte
}

// Leases are held in groups, one for each channel.
type Leases interface {
	// Hold puts a lease into a group, or renews it, and replaces its value. It lasts for ttl.
	Hold(ctx context.Context, group string, l Lease, ttl time.Duration) error
	// Release takes it out. Releasing what is not held is no error.
	Release(ctx context.Context, group, key string) error
	// Held returns the leases of a group, in no order.
	Held(ctx context.Context, group string) ([]Lease, error)
	// CountHeld returns how many there are, without listing them.
	CountHeld(ctx context.Context, group string) (int, error)
	// Watch returns the leases of a group, and calls changed for each change after that, one at a time and in order: held tells a new lease or a new value
	// (not a mere renewal), and otherwise one that was released or has expired. changed must not block and must not call the Broker. stop ends it.
	Watch(ctx context.Context, group string, changed func(l Lease, held bool)) (now []Lease, stop func(), err error)
}

// Claims decide which node something belongs to.
type Claims interface {
	// Claim puts holder under key, for ttl, if nobody else is there, and returns who is: holder itself if it could, also to renew.
	Claim(ctx context.Context, key, holder string, ttl time.Duration) (string, error)
	// Unclaim takes holder away, if it is there.
	Unclaim(ctx context.Context, key, holder string) error
}

// Nodes ask each other.
type Nodes interface {
	// Serve answers what other nodes ask node, until stop; several questions at the same time.
	Serve(ctx context.Context, node string, answer func(ctx context.Context, question []byte) ([]byte, error)) (stop func(), err error)
	// Ask asks a node, and returns its answer. Errors: ErrNoNode, ctx's, and what the node's answer function returned, as text.
	Ask(ctx context.Context, node string, question []byte) ([]byte, error)
}
