package doctor

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hawser-go/hawser/codec"
)

// A session is the doctor's side of one. Of what it sends, everything is a call that nobody handles: the server answers each with a not_found that repeats
// its name, so that a number of calls makes as many bytes come back. One goroutine uses it at a time.
type session struct {
	e   *examination
	key string

	sid  string
	sent uint64 // numbered packets
	recv uint64
	down uint64 // the number of the next numbered packet of the wire that is read
}

func (e *examination) newSession() *session {
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails
	return &session{e: e, key: base64.RawURLEncoding.EncodeToString(key[:])}
}

// hello opens a wire, or speaks for it.
func (s *session) hello(wire, claim uint64) *codec.Packet {
	body, err := json.Marshal(codec.Hello{
		V: codec.Version, Key: s.key, SID: s.sid, Wire: wire, Claim: claim, Recv: s.recv, Token: s.e.options.Token,
	})
	if err != nil {
		panic(err) // it is strings and numbers
	}
	return &codec.Packet{Kind: codec.KindHello, Data: codec.Payload{Raw: body}}
}

// callName makes a call, and the answer to it, some 300 bytes.
var callName = "hawser-doctor-" + strings.Repeat("x", 240)

// calls returns n calls, after the start that they need.
func (s *session) calls(n int) []*codec.Packet {
	packets := []*codec.Packet{{Kind: codec.KindStart, N: s.sent + 1}}
	for range n {
		s.sent++
		packets = append(packets, &codec.Packet{Kind: codec.KindCall, ID: s.sent, Event: callName})
	}
	return packets
}

// end returns the packet that ends the session, after the start that it needs.
func (s *session) end() []*codec.Packet {
	s.sent++
	return []*codec.Packet{
		{Kind: codec.KindStart, N: s.sent}, {Kind: codec.KindEnd, Code: "closed", Message: "the doctor is done"},
	}
}

// take follows what came down. A close or gone is the error.
func (s *session) take(packets []*codec.Packet) error {
	for _, p := range packets {
		switch {
		case p.Kind == codec.KindWelcome:
			var w codec.Welcome
			if err := codec.Decode(codec.JSON(), p.Data, &w); err != nil {
				return &symptom{notHawser, "a welcome that cannot be read"}
			}
			s.sid = w.SID
		case p.Kind == codec.KindStart:
			s.down = p.N
		case p.Kind.Numbered():
			if s.down == s.recv+1 {
				s.recv++
			}
			s.down++
		}
	}
	return closedBy(packets)
}

// closedBy returns the symptom that a close packet is, or nil.
func closedBy(packets []*codec.Packet) error {
	for _, p := range packets {
		switch p.Kind {
		case codec.KindClose:
			return &symptom{refused, strings.TrimSuffix(fmt.Sprintf("close %s: %s", p.Code, p.Message), ": ")}
		case codec.KindGone:
			return &symptom{sessionGone, "the server said gone"}
		}
	}
	return nil
}

func welcomeOf(packets []*codec.Packet) (w codec.Welcome, ok bool) {
	for _, p := range packets {
		if p.Kind == codec.KindWelcome && codec.Decode(codec.JSON(), p.Data, &w) == nil {
			return w, true
		}
	}
	return w, false
}

// send posts packets to the uplink, with a ping whose pong shows that the answer is the one to this request.
func (s *session) send(ctx context.Context, packets ...*codec.Packet) error {
	n := s.e.pings.Add(1)
	request := append([]*codec.Packet{s.hello(1, 1), {Kind: codec.KindPing, N: n}}, packets...)
	answer, err := s.e.post(ctx, "send", request...)
	if err != nil {
		return err
	}
	closed := closedBy(answer)
	for _, p := range answer {
		if p.Kind == codec.KindPong && p.N == n {
			return closed
		}
	}
	if s.sid == "" || isGone(closed) { // the hello itself was refused
		return closed
	}
	return &symptom{answersDuplicated, fmt.Sprintf("request %d got the answer to another", n)}
}

// finish ends the session by way of a POST, and reports whether the server said that it knew none: a request that is seen twice ends what is ended.
func (s *session) finish(ctx context.Context, wire uint64) (gone bool) {
	packets, err := s.e.post(ctx, "send", append([]*codec.Packet{s.hello(wire, 1)}, s.end()...)...)
	return err == nil && isGone(closedBy(packets))
}

func isGone(err error) bool {
	var s *symptom
	return errors.As(err, &s) && s.name == sessionGone
}

// join encodes packets as a frame.
func join(packets []*codec.Packet) []byte {
	var frame []byte
	for i, p := range packets {
		if i > 0 {
			frame = append(frame, codec.JSON().Separator()...)
		}
		var err error
		if frame, err = codec.JSON().AppendPacket(frame, p); err != nil {
			panic(err) // every kind that is sent here is known
		}
	}
	return frame
}

// split decodes a frame.
func split(frame []byte) ([]*codec.Packet, error) {
	var packets []*codec.Packet
	for len(frame) > 0 {
		p := new(codec.Packet)
		rest, err := codec.JSON().NextPacket(frame, p)
		if err != nil {
			return packets, &symptom{notHawser, err.Error()}
		}
		packets = append(packets, p)
		frame = rest
	}
	return packets, nil
}
