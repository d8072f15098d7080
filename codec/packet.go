package codec

import (
	"bytes"
	"fmt"
)

// A Kind says what a packet is: its first element on the wire.
type Kind uint8

// The packet kinds of version 1. Kinds below FirstNumbered are control packets; the others have a place in the
// numbered log of their direction. The layout of each stands in shapes, below, and in docs/protocol.md §2.2.
const (
	KindHello    Kind = 0
	KindWelcome  Kind = 1
	KindGone     Kind = 2
	KindStart    Kind = 3
	KindUse      Kind = 4
	KindAck      Kind = 5
	KindPing     Kind = 6
	KindPong     Kind = 7
	KindClose    Kind = 8
	KindGoaway   Kind = 9
	KindVolatile Kind = 10

	FirstNumbered Kind = 32

	KindEvent    Kind = 32
	KindCall     Kind = 33
	KindReply    Kind = 34
	KindError    Kind = 35
	KindCancel   Kind = 36
	KindJoin     Kind = 37
	KindLeave    Kind = 38
	KindMessage  Kind = 39
	KindReset    Kind = 40
	KindPresence Kind = 41
	KindLeft     Kind = 42
	KindAuth     Kind = 43
	KindEnd      Kind = 44
	KindPublish  Kind = 45
)

// Numbered reports whether packets of the kind have a number.
func (k Kind) Numbered() bool { return k >= FirstNumbered }

// Known reports whether version 1 defines the kind.
func (k Kind) Known() bool { return int(k) < len(shapes) && shapes[k].name != "" }

// String returns the kind's name in the specification.
func (k Kind) String() string {
	if k.Known() {
		return shapes[k].name
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MaxInt is the highest number a packet may hold: 2^53 - 1, the last that JavaScript counts to.
const MaxInt = 1<<53 - 1

// A Payload is the application's value inside a packet, as the session's codec encoded it; the codec embeds it as it is.
type Payload struct {
	// Raw is the encoded value, or, where Bytes is set, the bytes themselves. Nil: there is no payload.
	Raw []byte
	// Bytes says that the payload as a whole is bytes.
	Bytes bool
}

// Absent reports whether there is no payload, which is not the same as an encoded null.
func (p Payload) Absent() bool { return p.Raw == nil }

// Clone returns a copy that shares no bytes with p.
func (p Payload) Clone() Payload {
	p.Raw = bytes.Clone(p.Raw)
	return p
}

// A Packet is one packet, decoded. Which fields count depends on its kind; the others are zero.
type Packet struct {
	Kind Kind

	ID     uint64 // call, reply, error, cancel, join, leave, auth, publish
	N      uint64 // start, ack, ping, pong
	Wire   uint64 // use
	Claim  uint64 // use
	Recv   uint64 // use, end
	Offset uint64 // join, message, reset
	Millis uint64 // timeout of call; retry of close and end; within of goaway

	Channel string
	Event   string
	Epoch   string // join, reset
	Code    string // error, close, left, end
	Message string // error, close, left, end, gone
	Token   string // auth

	// Data is the payload; of hello and welcome, the body.
	Data Payload
}

// A Field is one element of a packet after its kind, as a place to read from or to write to. Exactly one of its
// pointers is set. Data and Body are always the last field. Data is followed on the wire by the mark 1 if it is bytes; a Body
// is a map, never bytes, and has no mark.
type Field struct {
	Uint   *uint64
	String *string
	Data   *Payload
	Body   *Payload
}

type fieldID uint8

const (
	// Numbers.
	fID fieldID = iota + 1
	fN
	fWire
	fClaim
	fRecv
	fOffset
	fMillis
	// Strings.
	fChannel
	fEvent
	fEpoch
	fCode
	fMessage
	fToken
	// Values.
	fData
	fBody
)

func (f fieldID) isNumber() bool { return f <= fMillis }
func (f fieldID) isText() bool   { return fMillis < f && f <= fToken }

type shape struct {
	name     string
	required int // how many fields are always written
	fields   []fieldID
}

// shapes is the wire format: what follows the kind in each packet, in order.
var shapes = [...]shape{
	KindHello:    {"hello", 1, []fieldID{fBody}},
	KindWelcome:  {"welcome", 1, []fieldID{fBody}},
	KindGone:     {"gone", 0, []fieldID{fMessage}},
	KindStart:    {"start", 1, []fieldID{fN}},
	KindUse:      {"use", 3, []fieldID{fWire, fClaim, fRecv}},
	KindAck:      {"ack", 1, []fieldID{fN}},
	KindPing:     {"ping", 0, []fieldID{fN}},
	KindPong:     {"pong", 0, []fieldID{fN}},
	KindClose:    {"close", 1, []fieldID{fCode, fMessage, fMillis}},
	KindGoaway:   {"goaway", 0, []fieldID{fMillis}},
	KindVolatile: {"volatile", 2, []fieldID{fChannel, fEvent, fData}},

	KindEvent:    {"event", 2, []fieldID{fChannel, fEvent, fData}},
	KindCall:     {"call", 3, []fieldID{fID, fChannel, fEvent, fMillis, fData}},
	KindReply:    {"reply", 1, []fieldID{fID, fData}},
	KindError:    {"error", 2, []fieldID{fID, fCode, fMessage, fData}},
	KindCancel:   {"cancel", 1, []fieldID{fID}},
	KindJoin:     {"join", 2, []fieldID{fID, fChannel, fEpoch, fOffset, fData}},
	KindLeave:    {"leave", 2, []fieldID{fID, fChannel}},
	KindMessage:  {"message", 3, []fieldID{fChannel, fOffset, fEvent, fData}},
	KindReset:    {"reset", 3, []fieldID{fChannel, fEpoch, fOffset}},
	KindPresence: {"presence", 1, []fieldID{fChannel, fData}},
	KindLeft:     {"left", 2, []fieldID{fChannel, fCode, fMessage}},
	KindAuth:     {"auth", 1, []fieldID{fID, fToken}},
	KindEnd:      {"end", 1, []fieldID{fCode, fMessage, fMillis, fRecv}},
	KindPublish:  {"publish", 3, []fieldID{fID, fChannel, fEvent, fData}},
}

// MaxFields returns how many fields version 1 defines for the packet's kind.
func (p *Packet) MaxFields() int { return len(shapes[p.Kind].fields) }

// RequiredFields returns how many of them a packet must have.
func (p *Packet) RequiredFields() int { return shapes[p.Kind].required }

// Fields returns how many fields an encoder writes: all up to the last that is not zero, and at least the required ones.
func (p *Packet) Fields() int {
	s := &shapes[p.Kind]
	n := len(s.fields)
	for n > s.required && p.zero(s.fields[n-1]) {
		n--
	}
	return n
}

func (p *Packet) zero(f fieldID) bool {
	switch {
	case f.isNumber():
		return *p.number(f) == 0
	case f.isText():
		return *p.text(f) == ""
	default:
		return p.Data.Absent()
	}
}

// Field returns field i of the packet, 0 <= i < MaxFields.
func (p *Packet) Field(i int) Field {
	switch f := shapes[p.Kind].fields[i]; {
	case f.isNumber():
		return Field{Uint: p.number(f)}
	case f.isText():
		return Field{String: p.text(f)}
	case f == fBody:
		return Field{Body: &p.Data}
	default:
		return Field{Data: &p.Data}
	}
}

// number returns the place of a field that is a number.
func (p *Packet) number(f fieldID) *uint64 {
	switch f {
	case fID:
		return &p.ID
	case fN:
		return &p.N
	case fWire:
		return &p.Wire
	case fClaim:
		return &p.Claim
	case fRecv:
		return &p.Recv
	case fOffset:
		return &p.Offset
	default:
		return &p.Millis
	}
}

// text returns the place of a field that is a string.
func (p *Packet) text(f fieldID) *string {
	switch f {
	case fChannel:
		return &p.Channel
	case fEvent:
		return &p.Event
	case fEpoch:
		return &p.Epoch
	case fCode:
		return &p.Code
	case fMessage:
		return &p.Message
	default:
		return &p.Token
	}
}
