package hawser

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// An item is something to be handled, in its turn.
type item struct {
	op     Op
	packet *codec.Packet // of what came from the client
	size   int           // the room that it takes in the inbox of the line
	at     time.Time     // when a call was accepted: its time runs from here
	left   joined        // of OpLeave
}

// An inbox holds what a session's handlers have not taken yet. A goroutine runs it while there is something in it, and none otherwise.
type inbox struct {
	mu      sync.Mutex
	items   []item
	running bool
}

func (in *inbox) push(s *clientSession, i item) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.items = append(in.items, i)
	if !in.running {
		in.running = true
		s.server.handlers.Add(1)
		go in.run(s)
	}
}

// run handles one item after another until there is none.
func (in *inbox) run(s *clientSession) {
	defer s.server.handlers.Done()
	var items []item
	for {
		in.mu.Lock()
		if len(in.items) == 0 {
			in.items, in.running = nil, false
			in.mu.Unlock()
			return
		}
		items, in.items = in.items, items[:0]
		in.mu.Unlock()
		for i := range items {
			s.handle(&items[i])
			items[i] = item{}
		}
		if cap(items) > 256 {
			items = nil
		}
	}
}

// Accept implements line.Session: it sorts what the client sent into what waits its turn and what takes effect at once.
func (s *clientSession) Accept(p *codec.Packet, size int) {
	switch p.Kind {
	case codec.KindReply, codec.KindError:
		s.calls.answer(p)
	case codec.KindCancel:
		s.asked.cancel(p.ID)
	case codec.KindAuth:
		s.tokens.push(s, item{op: OpConnect, packet: p, size: size})
	case codec.KindCall:
		s.asked.arrived(p.ID)
		s.inbox.push(s, item{op: OpCall, packet: p, size: size, at: time.Now()})
	case codec.KindEvent, codec.KindVolatile:
		s.inbox.push(s, item{op: OpEvent, packet: p, size: size})
	case codec.KindJoin:
		s.inbox.push(s, item{op: OpJoin, packet: p, size: size})
	case codec.KindLeave:
		s.inbox.push(s, item{op: OpLeave, packet: p, size: size})
	}
}

// handle runs what an item asks for.
func (s *clientSession) handle(i *item) {
	switch {
	case i.op == OpConnect && i.packet != nil: // not from the inbox
		s.handleToken(i.packet)
	case s.refused && i.op != OpDisconnect: // nobody is to handle what came with it
	case i.op == OpConnect:
		s.handleConnect()
	case i.op == OpDisconnect:
		s.handleDisconnect()
	case i.packet == nil: // the server's own doing, or the end's
		s.handleLeft(i.left)
	case i.op == OpJoin:
		s.handleJoin(i.packet)
	case i.op == OpLeave:
		s.handleLeave(i.packet)
	case i.op == OpEvent, i.op == OpCall:
		s.handleMessage(i)
		return // which gives back the room when the handler is done
	}
	s.handled(i)
}

// handled gives back the room of an item.
func (s *clientSession) handled(i *item) {
	if i.packet != nil {
		s.line.Handled(i.packet.Kind, i.size)
	}
}

func (s *clientSession) context(op Op) *Context {
	return &Context{Context: s.ctx, server: s.server, session: s, op: op}
}

// run calls a handler.
func (s *clientSession) run(h Handler, c *Context) error {
	return s.guard(c, func() error { return orNil(h(c)) })
}

// guard calls what belongs to the application. A panic becomes an error and a log line.
func (s *clientSession) guard(c *Context, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.server.options.Logger.Error("hawser: a handler panicked",
				"op", c.op.String(), "event", c.event, "channel", c.channel, "session", s.ID(), "panic", p, "stack", string(debug.Stack()))
			err = &Error{Code: CodeInternal, Message: failed}
		}
	}()
	return call()
}

func (s *clientSession) handleConnect() {
	r := s.server.routes.find(routeKey{op: OpConnect})
	if r == nil {
		return
	}
	c := s.context(OpConnect)
	if err := s.run(r.wrapped, c); err != nil {
		s.refused = true
		e := s.toldOf(c, err)
		s.end(e.Code, e.Message, e.Retry)
	}
}

func (s *clientSession) handleDisconnect() {
	defer s.server.handlers.Done()
	defer s.server.remove(s)
	r := s.server.routes.find(routeKey{op: OpDisconnect})
	if r == nil || s.refused {
		return
	}
	c := s.context(OpDisconnect)
	c.cause = context.Cause(s.ctx)
	ctx, cancel := s.afterlife()
	defer cancel()
	c.Context = ctx
	if err := s.run(r.wrapped, c); err != nil {
		s.report(c, err)
	}
}

// afterlife is the context of what is handled after the session has ended: what was accepted is handled, but not for ever.
func (s *clientSession) afterlife() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(s.ctx), s.server.options.CallTimeout)
}

// toldOf returns what the client is told of an error that a handler returned. What is not meant for it is logged.
func (s *clientSession) toldOf(c *Context, err error) *Error {
	s.report(c, err)
	e, _ := told(err)
	return e
}

// report logs an error that a handler returned, if it is a failure: neither meant for the client, nor because the session is over.
func (s *clientSession) report(c *Context, err error) {
	if _, internal := told(err); internal && (s.ctx.Err() == nil || !errors.Is(err, ErrSessionEnded)) {
		s.server.options.Logger.Error("hawser: a handler failed",
			"op", c.op.String(), "event", c.event, "channel", c.channel, "session", s.ID(), "error", err)
	}
}
