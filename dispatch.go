package hawser

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hawser-go/hawser/channel"
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
		s.server.handlers.Add(1)
		go s.refresh(p)
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

// run calls a handler. A panic becomes an error and a log line.
func (s *clientSession) run(h Handler, c *Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.server.options.Logger.Error("hawser: a handler panicked",
				"op", c.op.String(), "event", c.event, "channel", c.channel, "session", s.ID(), "panic", p, "stack", string(debug.Stack()))
			err = &Error{Code: CodeInternal, Message: "the server failed; its log says why"}
		}
	}()
	return h(c)
}

func (s *clientSession) handleConnect() {
	r := s.server.routes.find(routeKey{op: OpConnect})
	if r == nil {
		return
	}
	c := s.context(OpConnect)
	if err := s.run(r.wrapped, c); err != nil {
		e := s.toldOf(c, err)
		s.end(e.Code, e.Message, e.Retry)
	}
}

func (s *clientSession) handleDisconnect() {
	s.server.remove(s)
	if r := s.server.routes.find(routeKey{op: OpDisconnect}); r != nil {
		c := s.context(OpDisconnect)
		c.cause = context.Cause(s.ctx)
		ctx, cancel := s.afterlife()
		defer cancel()
		c.Context = ctx
		if err := s.run(r.wrapped, c); err != nil {
			s.toldOf(c, err)
		}
	}
}

// afterlife is the context of what is handled after the session has ended: what was accepted is handled, but not for ever.
func (s *clientSession) afterlife() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(s.ctx), s.server.options.CallTimeout)
}

// toldOf logs an error that a handler returned if it is not meant for the client, and returns what the client is told.
func (s *clientSession) toldOf(c *Context, err error) *Error {
	e, internal := told(err)
	if internal {
		s.server.options.Logger.Error("hawser: a handler failed",
			"op", c.op.String(), "event", c.event, "channel", c.channel, "session", s.ID(), "error", err)
	}
	return e
}

// handleMessage finds the handler of an event or a call, and runs it.
func (s *clientSession) handleMessage(i *item) {
	p := i.packet
	c := s.context(i.op)
	c.event, c.channel, c.data = p.Event, p.Channel, p.Data
	r, err := s.route(c)
	if err != nil {
		s.finishMessage(i, c, err)
		return
	}
	if !r.concurrent {
		s.finishMessage(i, c, s.runMessage(i, c, r))
		return
	}
	s.server.handlers.Add(1)
	go func() {
		defer s.server.handlers.Done()
		s.finishMessage(i, c, s.runMessage(i, c, r))
	}()
}

// route finds the handler for c, and sets its parameters.
func (s *clientSession) route(c *Context) (*route, error) {
	if err := channel.ValidName(c.event); err != nil {
		return nil, Errorf(CodeBadRequest, "the event's name: %w", err)
	}
	table := &s.server.routes
	if c.channel != "" {
		j, ok := s.membership(c.channel)
		if !ok {
			return nil, Errorf(CodeForbidden, "join the channel %.255q first", c.channel)
		}
		table, c.params = &j.channel.routes, j.params
	}
	r := table.find(routeKey{c.op, c.event})
	if r == nil {
		return nil, Errorf(CodeNotFound, "no handler for the %v %.255q", c.op, c.event)
	}
	return r, nil
}

func (s *clientSession) runMessage(i *item, c *Context, r *route) error {
	if s.ctx.Err() != nil { // it was accepted before the end
		ctx, cancel := s.afterlife()
		defer cancel()
		c.Context = ctx
	}
	if i.op == OpCall {
		timeout := s.server.options.CallTimeout
		if i.packet.Millis > 0 {
			timeout = min(time.Duration(min(i.packet.Millis, 1<<40))*time.Millisecond, s.server.options.MaxCallTimeout)
		}
		ctx, cancel := context.WithDeadline(c.Context, i.at.Add(timeout))
		defer cancel()
		if !s.asked.begins(i.packet.ID, cancel) {
			return &Error{Code: CodeCanceled}
		}
		c.Context = ctx
	}
	return s.run(r.wrapped, c)
}

// finishMessage answers a call, and gives back the room.
func (s *clientSession) finishMessage(i *item, c *Context, err error) {
	if i.op == OpCall {
		s.asked.answered(i.packet.ID)
		s.answer(c, i.packet.ID, err)
	} else if err != nil {
		if e := s.toldOf(c, err); e.Code != CodeInternal {
			s.server.options.Logger.Debug("hawser: an event was refused", "event", c.event, "channel", c.channel, "session", s.ID(), "error", e)
		}
	}
	s.handled(i)
}

// answer answers a call, a join, a leave.
func (s *clientSession) answer(c *Context, id uint64, err error) {
	if err == nil {
		err = s.sendWith(codec.Packet{Kind: codec.KindReply, ID: id}, c.reply())
	}
	if err != nil && s.ctx.Err() == nil {
		s.answerError(c, id, err)
	}
}

func (s *clientSession) answerError(c *Context, id uint64, err error) {
	e := s.toldOf(c, err)
	p := codec.Packet{Kind: codec.KindError, ID: id, Code: string(e.Code), Message: e.Message}
	if sendErr := s.sendWith(p, e.Data); sendErr != nil && e.Data != nil {
		s.toldOf(c, fmt.Errorf("the error's data: %w", sendErr))
		_ = s.sendWith(p, nil)
	}
}

// refresh takes a fresh token.
func (s *clientSession) refresh(p *codec.Packet) {
	defer s.server.handlers.Done()
	c := s.context(OpConnect)
	ctx, cancel := context.WithTimeout(s.ctx, s.server.options.AuthTimeout)
	defer cancel()
	err := s.server.reauthenticate(s, s.request.again(ctx), p.Token)
	s.answer(c, p.ID, err)
}
