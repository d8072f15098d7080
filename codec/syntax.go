package codec

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// A syntax is how the elements of a packet look in one codec. What a packet is made of is said once, below, for all of
// them. A syntax keeps no state: its readers take the frame and an offset and return the offset of what follows, so
// that decoding needs no reader on the heap.
type syntax interface {
	Codec

	// open reads up to the first element. count is the number of elements, or -1 if the syntax does not say it.
	open(frame []byte) (at, count int, bad *Error)
	// more reads up to the element of that index and reports whether it exists; if not, it reads past the packet's end.
	more(frame []byte, at, index, count int) (next int, exists bool, bad *Error)
	// end reads what stands behind the packet, and returns where the next one starts.
	end(frame []byte, at int) (next int, bad *Error)

	readUint(frame []byte, at int) (v uint64, next int, bad *Error)
	// readString returns like itself where the string is the same, which saves an allocation.
	readString(frame []byte, at int, like string) (v string, next int, bad *Error)
	// skip checks one value of any type, which nests depth deep if it is an array or a map: at least inPacket.
	skip(frame []byte, at, depth int) (next int, bad *Error)
	// isMap reports whether a checked value is a map.
	isMap(raw []byte) bool
	// toBytes takes the bytes out of a checked value that the mark says is bytes.
	toBytes(raw []byte, at int) ([]byte, *Error)

	appendOpen(dst []byte, count int) []byte
	appendNext(dst []byte) []byte
	appendClose(dst []byte) []byte
	appendUint(dst []byte, v uint64) []byte
	appendString(dst []byte, v string) []byte
	appendBytes(dst []byte, v []byte) []byte
	appendValue(dst []byte, raw []byte) ([]byte, error)
}

// inPacket is the depth of an array or a map inside a packet's array.
const inPacket = 2

func malformed(at int, format string, args ...any) *Error {
	return &Error{Offset: at, Reason: fmt.Sprintf(format, args...)}
}

// nextPacket is NextPacket of every codec that has a syntax.
func nextPacket(s syntax, frame []byte, p *Packet) ([]byte, error) {
	r := elements{s: s, frame: frame, channel: p.Channel, event: p.Event}
	*p = Packet{}
	if bad := r.packet(p); bad != nil {
		bad.Codec = s.Name()
		return nil, bad
	}
	return frame[r.at:], nil
}

// elements reads the elements of one packet, one after another.
type elements struct {
	s         syntax
	frame     []byte
	at        int
	read      int // elements so far
	announced int // -1: not said

	// What the packet was called that p held before. The names that a client uses are few, and often the same one after another.
	channel, event string
}

func (r *elements) packet(p *Packet) (bad *Error) {
	if r.at, r.announced, bad = r.s.open(r.frame); bad != nil {
		return bad
	}
	exists, bad := r.kind(p)
	if bad != nil {
		return bad
	}
	s := &shapes[p.Kind]
	for i := 0; exists; i++ {
		if exists, bad = r.more(); bad != nil {
			return bad
		}
		switch {
		case !exists && i < s.required:
			return malformed(r.at, "%s without its field %d", p.Kind, i+1)
		case !exists:
		case i < len(s.fields):
			exists, bad = r.field(p, s.fields[i])
		default: // of a later version
			r.at, bad = r.s.skip(r.frame, r.at, inPacket)
		}
		if bad != nil {
			return bad
		}
	}
	r.at, bad = r.s.end(r.frame, r.at)
	return bad
}

// more goes on to the next element, if there is one.
func (r *elements) more() (exists bool, bad *Error) {
	r.at, exists, bad = r.s.more(r.frame, r.at, r.read, r.announced)
	r.read++
	return exists, bad
}

func (r *elements) kind(p *Packet) (exists bool, bad *Error) {
	if exists, bad = r.more(); bad != nil {
		return false, bad
	}
	if !exists {
		return false, malformed(r.at, "a packet without a kind")
	}
	at := r.at
	kind, next, bad := r.s.readUint(r.frame, at)
	if bad != nil {
		return false, bad
	}
	if kind > math.MaxUint8 || !Kind(kind).Known() {
		return false, malformed(at, "unknown kind %d", kind)
	}
	p.Kind, r.at = Kind(kind), next
	return true, nil
}

// like returns what a field may be the same as.
func (r *elements) like(f fieldID) string {
	switch f {
	case fChannel:
		return r.channel
	case fEvent:
		return r.event
	default:
		return ""
	}
}

// field reads one field, and its mark. It reports whether the packet may go on.
func (r *elements) field(p *Packet, f fieldID) (open bool, bad *Error) {
	start := r.at
	switch {
	case f.isNumber():
		*p.number(f), r.at, bad = r.s.readUint(r.frame, start)
		return true, bad
	case f.isText():
		*p.text(f), r.at, bad = r.s.readString(r.frame, start, r.like(f))
		return true, bad
	}
	if r.at, bad = r.s.skip(r.frame, start, inPacket); bad != nil {
		return false, bad
	}
	raw := r.frame[start:r.at:r.at]
	p.Data.Raw = raw
	if f == fBody {
		if !r.s.isMap(raw) {
			return false, malformed(start, "a body that is not a map")
		}
		return true, nil
	}
	if open, bad = r.more(); bad != nil || !open {
		return open, bad
	}
	markAt := r.at
	mark, next, bad := r.s.readUint(r.frame, markAt)
	if bad != nil {
		return false, bad
	}
	r.at = next
	switch mark {
	case 0:
	case 1:
		p.Data.Bytes = true
		p.Data.Raw, bad = r.s.toBytes(raw, start)
	default:
		return false, malformed(markAt, "the mark of a payload is 0 or 1, not %d", mark)
	}
	return true, bad
}

// appendPacket is AppendPacket of every codec that has a syntax.
func appendPacket(s syntax, dst []byte, p *Packet) ([]byte, error) {
	if !p.Kind.Known() {
		return dst, fmt.Errorf("hawser: no packet has the kind %d", p.Kind)
	}
	fields := shapes[p.Kind].fields[:p.Fields()]
	count := 1 + len(fields)
	marked := p.Data.Bytes && len(fields) > 0 && fields[len(fields)-1] == fData
	if marked {
		count++
	}
	out := s.appendOpen(dst, count)
	out = s.appendUint(out, uint64(p.Kind))
	var err error
	for i, f := range fields {
		out = s.appendNext(out)
		if out, err = appendField(s, out, p, f); err != nil {
			return dst, fmt.Errorf("hawser: %s packet, field %d: %w", p.Kind, i+1, err)
		}
	}
	if marked {
		out = s.appendUint(s.appendNext(out), 1)
	}
	return s.appendClose(out), nil
}

func appendField(s syntax, dst []byte, p *Packet, f fieldID) ([]byte, error) {
	switch {
	case f.isNumber():
		n := *p.number(f)
		if n > MaxInt {
			return nil, fmt.Errorf("the number %d is over 2^53-1", n)
		}
		return s.appendUint(dst, n), nil
	case f.isText():
		return s.appendString(dst, strings.ToValidUTF8(*p.text(f), "\uFFFD")), nil
	case f == fBody && (p.Data.Bytes || !s.isMap(p.Data.Raw)):
		return nil, errors.New("a body is a map")
	case p.Data.Bytes:
		return s.appendBytes(dst, p.Data.Raw), nil
	default:
		return s.appendValue(dst, p.Data.Raw)
	}
}

// checkValue reports whether raw is exactly one value that may be a payload.
func checkValue(s syntax, raw []byte) error {
	next, bad := s.skip(raw, 0, inPacket)
	if bad == nil && next < len(raw) {
		bad = malformed(next, "more than one value")
	}
	if bad == nil {
		return nil
	}
	return fmt.Errorf("%s: not a payload at byte %d: %s", s.Name(), bad.Offset, bad.Reason)
}
