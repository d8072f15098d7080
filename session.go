package hawser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
)

// A Session is one client, for as long as it comes back: it outlives the connections that carry it. It is the same whatever transport is in
// use. All methods may be called at the same time, from anywhere, also after the end.
type Session interface {
	// ID returns the session's public id. It is not a secret, and cannot be guessed.
	ID() string
	// User returns whose session it is. A fresh token may change its Data, never its ID.
	User() User
	// Context returns a context that ends with the session. Its cause is an *EndError.
	Context() context.Context
	// Request returns what was kept of the request that created the session.
	Request() *Request
	// Transport returns the name of the transport in use, or of the last one: for logs, not for decisions.
	Transport() string
	// Codec returns the name of the session's codec.
	Codec() string

	// Send sends an event. It returns at once: what is sent is numbered, and kept until the client has acknowledged it. Sends of one goroutine arrive in
	// order. Errors: ErrSessionEnded, ErrOverflow, CodePayloadTooLarge, or why data cannot be encoded.
	Send(event string, data any) error
	// SendVolatile sends an event that may be lost: when there is no connection, or one that does not keep up. It reports whether it was written.
	SendVolatile(event string, data any) (bool, error)
	// Call asks the client, waits for its answer, and decodes it into reply, a pointer or nil. It ends with ctx, which the client is told; without a
	// deadline, after Options.CallTimeout. A handler may wait for its own client. Errors: an *Error as the client's handler answered it, with
	// CodeTimeout or CodeCanceled for ctx; ErrSessionEnded, when it cannot be known whether the call was handled.
	Call(ctx context.Context, event string, data, reply any) error

	// Channels returns the names of the channels that the session has joined.
	Channels() []string
	// Leave removes the session from a channel, and tells the client, with the reason. It reports whether it was a member. OnLeave is called.
	Leave(channel string, code Code, message string) bool

	// Set keeps a value with the session, encoded as JSON, so that it can move to another node with it. Nil removes it.
	Set(key string, value any) error
	// Get decodes a value that was Set into v, a pointer, and reports whether there is one.
	Get(key string, v any) (bool, error)

	// End ends the session: what was sent before still arrives, and then the client is told code and message. It does not come back by itself.
	End(code Code, message string)
}

// A clientSession is the Session of one line.
type clientSession struct {
	server  *Server
	line    *line.Line
	request Request
	ctx     context.Context
	cancel  context.CancelCauseFunc
	user    atomic.Pointer[User]
	ticket  *ticket // nil: its token does not expire; guarded by the tickets' lock

	inbox   inbox
	tokens  *inbox // fresh ones: they wait for Authenticate, not for handlers. Nil until there is one; belongs to Accept
	refused bool   // by OnConnect; belongs to the inbox's goroutine
	asked   asked  // calls of the client that are under way
	calls   calls  // calls of ours that wait for an answer

	entering sync.Mutex   // held while the session enters or leaves a channel's presence, so that who is here is who is a member
	entered  atomic.Int32 // how many channels it is here in

	mu       sync.Mutex
	leaving  bool      // for Shutdown, when nothing runs beside the inbox; guarded by mu, with what follows
	beside   int       // handlers that run beside the inbox
	deciding *decision // nil: no OnJoin is being asked
	joined   []joined  // guarded by mu, with what follows
	values   map[string][]byte
	over     *aftermath // nil while the session is alive
}

// An aftermath is what is left of a session.
type aftermath struct{ lost []Unacknowledged }

// joined is one channel that a session is a member of.
type joined struct {
	name    string
	channel *Channel
	params  channel.Params
	told    bool // the client knows: its join was answered
}

var _ Session = (*clientSession)(nil)
var _ channel.Member = (*member)(nil)

// A member is a session as the hub sees it.
type member clientSession

func (m *member) ID() string                        { return m.line.ID() }
func (m *member) Codec() codec.Codec                { return m.line.Codec() }
func (m *member) DeliverVolatile(p *session.Packet) { m.line.SendVolatile(p) }
func (m *member) Resume(t *session.Topic)           { m.line.Resume(t) }
func (m *member) Connected() bool                   { return m.line.Connected() }

// Deliver hands on a packet. What does not fit ends the session, which says so, or the membership.
func (m *member) Deliver(p *session.Packet) bool {
	return !errors.Is(m.line.Send(p), session.ErrSuspended)
}
func (m *member) Room() (packets, bytes int) { return m.line.Room() }

func (s *clientSession) ID() string               { return s.line.ID() }
func (s *clientSession) User() User               { return *s.user.Load() }
func (s *clientSession) Context() context.Context { return s.ctx }
func (s *clientSession) Request() *Request        { return &s.request }
func (s *clientSession) Transport() string        { return s.line.Transport() }
func (s *clientSession) Codec() string            { return s.line.Codec().Name() }

func (s *clientSession) Send(event string, data any) error {
	if err := validEvent(event); err != nil {
		return err
	}
	return s.sendWith(codec.Packet{Kind: codec.KindEvent, Event: event}, data)
}

func (s *clientSession) SendVolatile(event string, data any) (bool, error) {
	if err := validEvent(event); err != nil {
		return false, err
	}
	p, err := s.encode(codec.Packet{Kind: codec.KindVolatile, Event: event}, data)
	if err != nil {
		return false, err
	}
	return s.line.SendVolatile(p), nil
}

// sendWith sends a packet with data as its payload.
func (s *clientSession) sendWith(p codec.Packet, data any) error {
	if err := s.load(&p, data); err != nil {
		return err
	}
	encoded, err := session.Borrow(func(dst []byte) ([]byte, error) { return s.append(dst, &p) })
	if err != nil {
		return err
	}
	return s.send(encoded)
}

// encode makes a packet with data as its payload, for any number of sessions with the same codec; a nil data leaves the payload out.
func (s *clientSession) encode(p codec.Packet, data any) (*session.Packet, error) {
	if err := s.load(&p, data); err != nil {
		return nil, err
	}
	encoded, err := s.append(nil, &p)
	if err != nil {
		return nil, err
	}
	return session.NewPacket(encoded), nil
}

// load makes data the payload of p.
func (s *clientSession) load(p *codec.Packet, data any) (err error) {
	if data == nil {
		return nil
	}
	if p.Data, err = codec.Encode(s.line.Codec(), data); err != nil {
		return fmt.Errorf("hawser: the data of %q cannot be encoded: %w", p.Event, err)
	}
	return nil
}

// append appends p to dst, encoded, if it is not too large.
func (s *clientSession) append(dst []byte, p *codec.Packet) ([]byte, error) {
	// A packet that an interface is given is allocated, unless it is borrowed.
	lent := packets.Get().(*codec.Packet)
	*lent = *p
	encoded, err := s.line.Codec().AppendPacket(slices.Grow(dst, roomFor(p)), lent)
	*lent = codec.Packet{}
	packets.Put(lent)
	if err != nil {
		return nil, err
	}
	if limit := s.server.options.MaxPayload; len(encoded) > limit {
		return nil, Errorf(CodePayloadTooLarge, "%d bytes are over the limit of %d (Options.MaxPayload): send it in parts", len(encoded), limit)
	}
	return encoded, nil
}

// packets are for what is being encoded.
var packets = sync.Pool{New: func() any { return new(codec.Packet) }}

// roomFor is about how many bytes a packet takes, so that it is seldom moved while it is encoded.
func roomFor(p *codec.Packet) int {
	data := len(p.Data.Raw)
	if p.Data.Bytes {
		data += data/3 + 4 // as text
	}
	return data + len(p.Channel) + len(p.Event) + len(p.Code) + len(p.Message) + 32
}

func (s *clientSession) send(p *session.Packet) error {
	err := s.line.Send(p)
	switch {
	case errors.Is(err, session.ErrEnded):
		return ErrSessionEnded
	case errors.Is(err, session.ErrOverflow):
		return ErrOverflow
	}
	return err
}

func (s *clientSession) Channels() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, len(s.joined))
	for i, j := range s.joined {
		names[i] = j.name
	}
	return names
}

// membership returns the session's place in a channel.
func (s *clientSession) membership(name string) (joined, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(name)
}

// dropMembership removes a channel from the list, and reports whether it was there.
func (s *clientSession) dropMembership(name string) (joined, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, j := range s.joined {
		if j.name == name {
			s.joined = slices.Delete(s.joined, i, i+1)
			if len(s.joined) == 0 {
				s.joined = nil
			}
			return j, true
		}
	}
	return joined{}, false
}

func (s *clientSession) Leave(name string, code Code, message string) bool {
	j, was := s.dropMembership(name)
	if !was {
		return false
	}
	if tellLeft := s.tellLeft(name, code, message); !s.server.hub.Leave(name, (*member)(s), tellLeft) && j.told {
		tellLeft() // it was reset, and has not joined again
	}
	s.leavePresence(j)
	s.left(j)
	return true
}

// left runs OnLeave, in its turn.
func (s *clientSession) left(j joined) {
	s.inbox.push(&item{op: OpLeave, left: j}, nil)
}

func (s *clientSession) Set(key string, value any) error {
	var encoded []byte
	if value != nil {
		var err error
		if encoded, err = json.Marshal(value); err != nil {
			return fmt.Errorf("hawser: the value %q cannot be kept: %w", key, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case value == nil:
		delete(s.values, key)
	case s.values == nil:
		s.values = map[string][]byte{key: encoded}
	default:
		s.values[key] = encoded
	}
	return nil
}

func (s *clientSession) Get(key string, v any) (bool, error) {
	s.mu.Lock()
	encoded, ok := s.values[key]
	s.mu.Unlock()
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(encoded, v)
}

func (s *clientSession) End(code Code, message string) { s.end(code, message, 0) }

// end ends the session, and reports whether it was this call that did.
func (s *clientSession) end(code Code, message string, retry time.Duration) bool {
	e := &line.End{Code: string(code), Message: message, Retry: retry}
	if !s.line.End(e) {
		return false
	}
	s.Ended(e)
	return true
}

// Ended implements line.Session.
func (s *clientSession) Ended(e *line.End) {
	packets, sent := s.line.Unacknowledged()
	lost := make([]Unacknowledged, 0, len(packets))
	for i, p := range packets {
		var decoded codec.Packet
		if _, err := s.line.Codec().NextPacket(p.Bytes(), &decoded); err != nil || decoded.Kind == codec.KindEnd {
			continue
		}
		lost = append(lost, Unacknowledged{
			Sent: i < sent, Kind: decoded.Kind.String(), Channel: decoded.Channel, Event: decoded.Event,
			codec: s.line.Codec(), data: decoded.Data,
		})
	}
	s.mu.Lock()
	if s.over != nil {
		s.mu.Unlock()
		return
	}
	s.over = &aftermath{lost}
	joined := s.joined
	s.joined = nil
	s.mu.Unlock()
	s.server.users.remove(s)

	cause := &EndError{Code: Code(e.Code), Message: e.Message, ByClient: e.ByPeer}
	s.cancel(cause)
	s.server.tickets.drop(s)
	s.calls.fail(cause)
	for _, j := range joined {
		s.server.hub.Leave(j.name, (*member)(s), nil)
		s.left(j)
	}
	s.leaveAllPresence(joined)
	s.inbox.push(&item{op: OpDisconnect}, nil)
}

func (s *clientSession) unacknowledged() []Unacknowledged {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == nil {
		return nil
	}
	return s.over.lost
}

func validChannel(name string) error {
	if err := channel.ValidName(name); err != nil {
		return Errorf(CodeBadRequest, "the channel's name: %w", err)
	}
	return nil
}

func validEvent(name string) error {
	if err := channel.ValidName(name); err != nil {
		return Errorf(CodeBadRequest, "the event's name: %w", err)
	}
	return nil
}
