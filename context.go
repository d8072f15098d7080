package hawser

import (
	"context"
	"sync"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
)

// A Context is one thing that happened on a session, for its handler. It is a context.Context: of a call it ends when the call's time is up or the client
// withdraws it, of a publication after Options.CallTimeout, otherwise with the session. It is never reused, so it may be kept.
type Context struct {
	context.Context

	session *clientSession
	op      Op
	channel string
	event   string
	params  channel.Params
	data    codec.Payload
	more    *particulars // nil: there are none

	valueMu sync.Mutex
	value   any // of Reply
}

// particulars are what few contexts have.
type particulars struct {
	cause error
	// shows is what SetPresence was given, for a join.
	shows *[]broker.Payload
	// answer, if it is set, sends the answer of a call: it knows when, for something is to follow the answer without a hole.
	answer func(send func(data any) error) error
}

// particular returns the particulars, to be changed by the handler's goroutine.
func (c *Context) particular() *particulars {
	if c.more == nil {
		c.more = &particulars{}
	}
	return c.more
}

// Op returns what happened.
func (c *Context) Op() Op { return c.op }

// Server returns the server.
func (c *Context) Server() *Server { return c.session.server }

// Session returns the session.
func (c *Context) Session() Session { return c.session }

// User returns the session's user.
func (c *Context) User() User { return c.session.User() }

// Channel returns the name of the channel that this is about, or "".
func (c *Context) Channel() string { return c.channel }

// Event returns the name of the event or call, or "".
func (c *Context) Event() string { return c.event }

// Param returns what a parameter of the channel's pattern stands for, or "": of "chat:{room}" and chat:lobby, Param("room") is "lobby".
func (c *Context) Param(name string) string { return c.params.Value(name) }

// Bind decodes the payload into v, a pointer. A payload that is bytes goes into a *[]byte or a *any; an absent one leaves v as it is. The error has
// CodeBadRequest.
func (c *Context) Bind(v any) error {
	if err := codec.Decode(c.session.line.Codec(), c.data, v); err != nil {
		return Errorf(CodeBadRequest, "the payload does not fit: %w", err)
	}
	return nil
}

// Payload returns the payload as it came, in the session's codec, for who passes it on without looking into it: by Reply, say. Its bytes must not be
// changed.
func (c *Context) Payload() codec.Payload { return c.data }

// Reply answers a call, or gives a join its data, with v. It is encoded and sent when the handler has returned nil; the last one counts. On other ops
// it has no effect.
func (c *Context) Reply(v any) {
	c.valueMu.Lock()
	defer c.valueMu.Unlock()
	c.value = v
}

// reply returns what Reply was given.
func (c *Context) reply() any {
	c.valueMu.Lock()
	defer c.valueMu.Unlock()
	return c.value
}

// Cause returns, for OpDisconnect and an OpLeave that came of it, why the session ended: an *EndError.
func (c *Context) Cause() error {
	if c.more == nil {
		return nil
	}
	return c.more.cause
}

// Unacknowledged returns, for OpDisconnect, what was sent to the client and not acknowledged by it, in order.
func (c *Context) Unacknowledged() []Unacknowledged {
	if c.op != OpDisconnect {
		return nil
	}
	return c.session.unacknowledged()
}

// An Unacknowledged is something that was sent, and may not have arrived: the client had not acknowledged it when its session ended.
type Unacknowledged struct {
	// Sent is set if it was written to a connection: then the client may have got it. Otherwise it never left.
	Sent bool
	// Kind says what it was: "event", "call", "reply", "error", "message", …
	Kind    string
	Channel string
	Event   string

	codec codec.Codec
	data  codec.Payload
}

// Bind decodes the payload into v, a pointer.
func (u *Unacknowledged) Bind(v any) error { return codec.Decode(u.codec, u.data, v) }
