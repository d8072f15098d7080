package hawser

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

// Accept implements line.Session: it sorts what the client sent into what waits its turn and what takes effect at once.
func (s *clientSession) Accept(packets []*line.Received, at time.Time, by transport.Runner) {
	var turns chain
	var spare stock
	defer spare.giveBack()
	for _, p := range packets {
		if op := opOf(p.Kind); op != 0 {
			turns.add(newItem(&spare, op, p, at))
			continue
		}
		switch p.Kind {
		case codec.KindReply, codec.KindError:
			s.calls.answer(&p.Packet)
		case codec.KindCancel:
			if !turns.cancel(p.ID) {
				s.asked.cancel(p.ID)
			}
		case codec.KindAuth:
			if s.tokens == nil {
				s.tokens = &inbox{session: s}
			}
			s.tokens.push(newItem(&spare, OpConnect, p, at), nil) // Authenticate takes its time
		}
	}
	if turns.first != nil {
		s.asked.arrived(turns)
		s.inbox.pushAll(turns, by)
	}
}

// opOf returns what packets of a kind ask for that wait their turn, and 0 for those that do not.
func opOf(k codec.Kind) Op {
	switch k {
	case codec.KindEvent, codec.KindVolatile:
		return OpEvent
	case codec.KindCall:
		return OpCall
	case codec.KindJoin:
		return OpJoin
	case codec.KindLeave:
		return OpLeave
	case codec.KindPublish:
		return OpPublish
	}
	return 0
}

// handle runs what an item asks for, and gives back its room.
func (s *clientSession) handle(i *item) {
	if i.op == OpConnect && i.fromClient() { // a fresh token, not from the inbox, to whose goroutine the rest belongs
		defer s.handled(i)
		s.handleToken(&i.packet)
		return
	}
	switch {
	case s.asides.hold(i):
		return
	case s.refused:
	case i.op == OpEvent, i.op == OpCall:
		s.handleMessage(i) // which is done with the item when the handler is
		return
	case i.op == OpJoin:
		s.handleJoin(i) // which is done with it when the session is a member, or is not to become one
		return
	case i.op == OpLeave && i.fromClient():
		s.handleLeave(i) // which is done with it when the session is gone from there
		return
	}
	defer s.handled(i)
	switch {
	case i.op == OpDisconnect:
		s.handleDisconnect()
	case i.op == opGoAway:
		s.handleGoAway()
	case s.refused: // nobody is to handle what came with it
	case i.op == OpConnect:
		s.handleConnect()
	case i.op == opAnswered:
		s.handleAnswered(i.left.name)
	case i.op == OpPublish:
		s.handlePublish(&i.packet)
	case i.op == OpRecheck:
		s.handleRecheck(*i.left)
	default:
		s.handleLeft(*i.left)
	}
}

// handled gives back the room of an item, and the item, now: see inbox.done.
func (s *clientSession) handled(i *item) {
	if i.op == OpCall {
		s.asked.answered(chain{i, i})
	}
	var room line.Handled
	room.Add(i.packet.Kind, i.room)
	s.line.GiveBack(room)
	chain{i, i}.release()
}

func (s *clientSession) context(op Op) *Context {
	return &Context{Context: s.ctx, session: s, op: op}
}

// contextOfCall returns a context with what ends it in one piece.
func (s *clientSession) contextOfCall() (*Context, *callContext) {
	both := &struct {
		c     Context
		scope callContext
	}{}
	both.c = Context{Context: s.ctx, session: s, op: OpCall}
	return &both.c, &both.scope
}

// run calls a handler.
func (s *clientSession) run(h Handler, c *Context) error {
	return s.guard(c, func() error { return orNil(h(c)) })
}

// errLeft stands for what a handler returns until it does: some call runtime.Goexit, as a test's FailNow does.
var errLeft = errors.New("hawser: the handler ended its goroutine")

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
	err := errLeft
	defer func() {
		if err != nil {
			s.refused = true
			e := s.toldOf(c, err)
			s.end(e.Code, e.Message, e.Retry)
		}
	}()
	err = s.run(r.wrapped, c)
}

func (s *clientSession) handleDisconnect() {
	defer s.server.handlers.Done()
	defer s.server.remove(s)
	r := s.server.routes.find(routeKey{op: OpDisconnect})
	if r == nil || s.refused {
		return
	}
	c := s.context(OpDisconnect)
	c.particular().cause = context.Cause(s.ctx)
	ctx, cancel := s.afterlife()
	defer cancel()
	c.Context = ctx
	if err := s.run(r.wrapped, c); err != nil {
		s.report(c, err)
	}
}

// afterlife is the context of what is handled after the session has ended: what was accepted is handled, but not for ever.
func (s *clientSession) afterlife() (context.Context, context.CancelFunc) {
	return s.bounded(context.WithoutCancel(s.ctx))
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
