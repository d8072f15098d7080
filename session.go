package hawser

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
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
	// order. Nil data sends no payload. Errors: ErrSessionEnded, ErrOverflow, CodePayloadTooLarge, CodeBadRequest for the event's name, or why data cannot be
	// encoded.
	Send(event string, data any) error
	// SendVolatile sends an event that may be lost: when there is no connection, or one that does not keep up. It reports whether it was written.
	SendVolatile(event string, data any) (bool, error)
	// Call asks the client, waits for its answer, and decodes it into reply, a pointer or nil. It ends with ctx, which the client is told; without a
	// deadline, after Options.CallTimeout. A handler may wait for its own client. Errors: an *Error as the client's handler answered it, with
	// CodeTimeout or CodeCanceled for ctx, CodeBadRequest for an answer that does not fit reply; ErrSessionEnded, when it cannot be known whether the call was
	// handled; those of Send, when nobody was asked.
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
	tokens  *inbox  // fresh ones: they wait for Authenticate, not for handlers. Nil until there is one; belongs to Accept
	refused bool    // by OnConnect; belongs to the inbox's goroutine
	asides  *asides // nil: there are none; belongs to the inbox's goroutine
	asked   asked   // calls of the client that are under way
	calls   calls   // calls of ours that wait for an answer

	memberships memberships

	entering sync.Mutex   // held while the session enters or leaves a channel's presence, so that who is here is who is a member
	entered  atomic.Int32 // how many channels it is here in

	mu      sync.Mutex
	leaving bool // for Shutdown, when nothing runs beside the inbox; guarded by mu, with what follows
	beside  int  // handlers that run beside the inbox
	values  map[string][]byte
	over    *aftermath // nil while the session is alive
}

var _ Session = (*clientSession)(nil)

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
