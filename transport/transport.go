// Package transport is the seam between HTTP and sessions.
//
// A transport turns requests into frames that come up and pulls the frames that go down. It knows nothing of sessions,
// users or channels, and nothing above this package knows which transports there are. A WebSocket does both for its life;
// a streamed response carries frames down for as long as it lasts; a poll takes one batch; a POST to send only brings.
//
//	request ─▶ Host.Open ─▶ Wire ─┬─ Receive(frames)  up: the first frame starts with hello
//	                              ├─ Next(buffer)     down: what waits for this wire, as one frame
//	                              └─ Detach(cause)    the connection is gone
//	          Sink.Wake() ◀── there is something to pull; Sink.Close() ◀── end it now
package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// A Transport answers the requests to one path below the mount.
type Transport interface {
	// Name is what sessions that it carries say: "websocket", "sse", "polling".
	Name() string
	// Path is the last element of the URL's path.
	Path() string
	// Serve answers one request, whose origin has been checked. It returns when the request is over, or, where the connection was
	// hijacked, when it no longer needs the handler's goroutine.
	Serve(host Host, w http.ResponseWriter, r *http.Request)
}

// A Host is what a transport needs of the server above it. Its methods may be called at the same time.
type Host interface {
	// Codec returns the codec of that name, or nil.
	Codec(name string) codec.Codec
	// Codecs returns the names of all codecs, in the order of preference.
	Codecs() []string
	// MaxFrame is the most bytes of a frame or body that is read; a longer one is refused with CodePayloadTooLarge.
	MaxFrame() int
	// WriteTimeout is how long one write may take before the peer counts as gone.
	WriteTimeout() time.Duration
	// MaxHold is the longest that a poll may be held.
	MaxHold() time.Duration
	// Logger is for what whoever runs the server should know.
	Logger() *slog.Logger
	// Open begins a wire. It does no I/O and does not fail: what is wrong comes out of Receive.
	Open(r *http.Request, o Opening) Wire
}

// An Opening describes a wire to the host.
type Opening struct {
	Transport string // its name, for logs and for those who ask
	Codec     codec.Codec
	// Sink carries frames down. Nil for a request that only brings frames and takes the answer to them (POST send): such a wire neither creates
	// a session nor becomes the one in use.
	Sink Sink
	// Runner runs what frames ask of the application, on goroutines that the transport has anyway. Nil: the host has its own.
	Runner Runner
	// Once says that one frame comes up and no more: the body of a POST. If its hello finds no session, the wire is then over.
	Once bool
	// Ends is when the connection has to be over, because something on its way will not let it last: the peer is asked to move to another one in time, and
	// otherwise told CodeRecycle. Zero: it may last for ever.
	Ends time.Time
}

// A Runner has goroutines that hand on what came, and can as well do what it asks for: so what came together is answered together, without waking anybody.
type Runner interface {
	// Run takes a task that came of a Receive: it is to be run once, soon after the Receive, or before, if that waits. Run is called from inside of Receive,
	// and returns at once.
	Run(t Task)
	// Wait says that a task that is running is about to wait, maybe for something that comes up by the same wire. It returns at once.
	Wait()
}

// A Task is what frames that came up ask of the application. Nothing may wait for its end: it may take as long as it likes, and it may end its goroutine, as
// runtime.Goexit does.
type Task interface{ Run() }

// A Sink is how a session reaches the connection that carries it. Both methods return at once, may be called from any goroutine, at the
// same time and more than once.
type Sink interface {
	// Wake says that Next has something, or that the wire is over. The transport then calls Next, never from inside Wake,
	// until it returns nothing. Wakes may be fewer than packets, and there may be one too many.
	Wake()
	// Close ends the connection without writing anything more: the peer counts as dead. Detach follows.
	Close()
}

// A Wire is a connection as the host sees it. Receive is called by one goroutine at a time, and so is Next; Receive, Next and Detach may
// run at the same time.
type Wire interface {
	// Receive takes the frames that came up together, in their order, which then belong to the wire: the slice that they come in does not. Where they
	// share memory, it is 4 KiB at most, or what one of them takes: whoever keeps a part of one keeps no more. It waits while the session's inbox is full,
	// until ctx ends: then what was accepted is accepted, and the error is a *CloseError with code busy. Creating a session waits for the application's
	// Authenticate.
	// Any error ends the wire: the transport writes what Next has left, and closes. The close packet is part of what Next has left.
	// After Receive the transport calls Next without being woken. Receive calls ctx.Done before it waits for something that may need what this
	// wire has to carry down: a transport that holds its writes while it hands on what came together lets them go then.
	Receive(ctx context.Context, frames ...[]byte) error
	// Next appends the next frame for this wire to dst: whatever waits, up to the frame limit, control packets first. When nothing waits it
	// returns dst as it is. With the last frame, and after it, the error is a *CloseError: write the frame, if there is one, then close.
	// A connection that only takes one batch calls it once and then detaches.
	Next(dst []byte) ([]byte, error)
	// Dry reports whether the last Next took all that waited, so that it need not be called again until a Wake. False promises nothing. It is called by whoever
	// called Next.
	Dry() bool
	// Hold is asked after Receive: for how long the peer's hello lets the answer be held (a poll), and 0 if something waits already. Wakes that came
	// before do not count; one that comes after ends the waiting.
	Hold() time.Duration
	// Detach says that the connection is gone, and why. It must be called once a wire, whatever happened before. A Wake or Close that was under
	// way may still come after it, and changes nothing; Next then returns an error.
	Detach(cause error)
}

// Codes that end a wire, and that transports themselves use. The full list is in docs/protocol.md §2.5.
const (
	CodeBusy            = "busy"
	CodeForbidden       = "forbidden"
	CodePayloadTooLarge = "payload_too_large"
	CodeProtocol        = "protocol"
	CodeUnavailable     = "unavailable"
	CodeLeap            = "leap"
	CodeRateLimited     = "rate_limited"
	CodeRecycle         = "recycle"
	CodeUnauthorized    = "unauthorized"
	CodeVersion         = "version"
)

// A CloseError says why a wire is over, with the code, the message and the advice that its close packet has.
type CloseError struct {
	Code    string
	Message string
	Retry   time.Duration // 0: no advice
}

func (e *CloseError) Error() string {
	if e.Message == "" {
		return "hawser: wire closed: " + e.Code
	}
	return fmt.Sprintf("hawser: wire closed: %s: %s", e.Code, e.Message)
}

// Causes to detach with. A wire that the host ended detaches with the *CloseError that Next or Receive gave, one whose connection failed with
// what it failed with.
var (
	// ErrPeerGone: the peer closed the connection, or went away.
	ErrPeerGone = errors.New("hawser: the peer closed the connection")
	// ErrAnswered: a request that takes one answer has got it.
	ErrAnswered = errors.New("hawser: the request was answered")
	// ErrSinkClosed: Sink.Close was called.
	ErrSinkClosed = errors.New("hawser: the connection was ended by the server")
)
