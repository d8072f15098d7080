package dialect

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/hawser-go/hawser/bench/internal/payload"
	"github.com/hawser-go/hawser/codec"
)

// hawser is one session's client side (docs/protocol.md), whatever wire it is on: it counts what it accepts,
// drops duplicates, and knows what it has to acknowledge.
type hawser struct {
	format format
	room   int

	key, sid    string
	wire, claim uint64
	welcomed    bool // on this wire
	in          bool

	next   uint64 // the number of the next packet on this wire
	recv   uint64 // the highest number accepted
	acked  uint64
	bytes  int // accepted since the last acknowledgement
	pings  []uint64
	asked  uint64 // the highest id
	resume bool   // the hello names the session
}

// A format is a codec, with what a client of a benchmark does too often for decoding everything.
type format interface {
	codec() codec.Codec
	// cut returns the first packet of a frame as it is, its kind, and what follows.
	cut(frame []byte) (packet []byte, kind codec.Kind, rest []byte, err error)
	find(packet []byte) (seq uint32, rest []byte, found bool, err error)
	message(seq uint32) []byte
}

func newHawser(f format, room int) *hawser {
	secret := make([]byte, 16)
	_, _ = rand.Read(secret)
	return &hawser{format: f, room: room, key: base64.RawURLEncoding.EncodeToString(secret), wire: 1, claim: 1}
}

// again returns the same session for another wire.
func (h *hawser) again() *hawser {
	next := *h
	next.wire++
	next.claim++
	next.welcomed, next.in, next.resume, next.pings = false, false, true, nil
	return &next
}

// hello is the first frame of a wire, with the join if it is the first wire.
func (h *hawser) hello(wait uint64) []byte {
	body := codec.Hello{V: codec.Version, Key: h.key, Wire: h.wire, Claim: h.claim, Recv: h.recv, Wait: wait}
	if h.resume {
		body.SID = h.sid
	}
	encoded, err := h.format.codec().Marshal(body)
	if err != nil {
		panic(err)
	}
	h.acknowledged()
	out := h.append(nil, &codec.Packet{Kind: codec.KindHello, Data: codec.Payload{Raw: encoded}})
	if h.asked > 0 {
		return out
	}
	h.asked = 1
	out = h.append(out, &codec.Packet{Kind: codec.KindStart, N: 1})
	return h.append(out, &codec.Packet{Kind: codec.KindJoin, ID: h.asked, Channel: fmt.Sprintf("room:%d", h.room)})
}

func (h *hawser) append(frame []byte, p *codec.Packet) []byte {
	if len(frame) > 0 {
		frame = append(frame, h.format.codec().Separator()...)
	}
	frame, err := h.format.codec().AppendPacket(frame, p)
	if err != nil {
		panic(err)
	}
	return frame
}

// accept takes a frame.
func (h *hawser) accept(frame []byte, b *Batch) error {
	for len(frame) > 0 {
		packet, kind, rest, err := h.format.cut(frame)
		if err != nil {
			return err
		}
		frame = rest
		if !kind.Numbered() {
			if err := h.control(packet); err != nil {
				return err
			}
			continue
		}
		number := h.next
		h.next++
		switch {
		case number <= h.recv:
			continue // a duplicate
		case number > h.recv+1:
			return fmt.Errorf("a leap from %d to %d", h.recv, number)
		}
		h.recv = number
		h.bytes += len(packet)
		if err := h.numbered(packet, kind, b); err != nil {
			return err
		}
	}
	return nil
}

func (h *hawser) numbered(packet []byte, kind codec.Kind, b *Batch) error {
	if kind != codec.KindMessage && kind != codec.KindReply {
		return fmt.Errorf("unexpected packet %q", packet)
	}
	seq, _, found, err := h.format.find(packet)
	switch {
	case err != nil:
		return err
	case found:
		b.Seqs = append(b.Seqs, seq)
		return nil
	case kind == codec.KindReply && !h.in:
		h.in = true
		return nil
	}
	return fmt.Errorf("unexpected packet %q", packet)
}

func (h *hawser) control(packet []byte) error {
	var p codec.Packet
	if _, err := h.format.codec().NextPacket(packet, &p); err != nil {
		return err
	}
	switch p.Kind {
	case codec.KindWelcome:
		var w codec.Welcome
		if err := h.format.codec().Unmarshal(p.Data.Raw, &w); err != nil {
			return err
		}
		if h.sid != "" && w.SID != h.sid || w.Resumed != h.resume {
			return fmt.Errorf("another session: %q", packet)
		}
		h.sid = w.SID
		h.welcomed = true
		h.in = h.in || h.resume
	case codec.KindStart:
		h.next = p.N
	case codec.KindPing:
		h.pings = append(h.pings, p.N)
	case codec.KindAck, codec.KindPong:
	default:
		return fmt.Errorf("unexpected packet %q", packet)
	}
	return nil
}

// due reports whether there is something to say: a pong, or an acknowledgement of that many packets or bytes.
func (h *hawser) due(packets uint64, bytes int) bool {
	return len(h.pings) > 0 || h.recv-h.acked >= packets || h.bytes >= bytes
}

func (h *hawser) acknowledged() { h.acked, h.bytes = h.recv, 0 }

// answers appends the pongs that are due.
func (h *hawser) answers(frame []byte) []byte {
	for _, n := range h.pings {
		frame = h.append(frame, &codec.Packet{Kind: codec.KindPong, N: n})
	}
	h.pings = h.pings[:0]
	return frame
}

// call is a call, and the acknowledgement that goes with whatever goes up.
func (h *hawser) call(seq uint32) []byte {
	h.asked++
	var frame []byte
	if h.recv > h.acked {
		frame = h.append(frame, &codec.Packet{Kind: codec.KindAck, N: h.recv})
		h.acknowledged()
	}
	return h.append(frame, &codec.Packet{
		Kind: codec.KindCall, ID: h.asked, Event: "echo",
		Data: codec.Payload{Raw: h.format.message(seq)},
	})
}

type jsonFormat struct{}

func (jsonFormat) codec() codec.Codec        { return codec.JSON() }
func (jsonFormat) message(seq uint32) []byte { return payload.JSON(seq) }

func (jsonFormat) find(packet []byte) (uint32, []byte, bool, error) { return payload.FindJSON(packet) }
