package hawser

import (
	"fmt"
	"time"

	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
)

// handleMessage finds the handler of an event or a call, and runs it.
func (s *clientSession) handleMessage(i *item) {
	var c *Context
	if i.op == OpCall {
		c, i.scope = s.contextOfCall()
	} else {
		c = s.context(i.op)
	}
	c.event, c.channel, c.data = i.packet.Event, i.packet.Channel, i.packet.Data
	r, err := s.route(c)
	switch {
	case err != nil:
		s.finishMessage(i, c, err)
	case r.concurrent:
		i.beside = true
		s.server.handlers.Add(1)
		s.besides(+1)
		go func() {
			defer s.server.handlers.Done()
			defer s.besides(-1)
			s.runMessage(i, c, r)
		}()
	default:
		s.runMessage(i, c, r)
	}
}

// route finds the handler for c, and sets its parameters.
func (s *clientSession) route(c *Context) (*route, error) {
	if err := channel.ValidName(c.event); err != nil {
		return nil, Errorf(CodeBadRequest, "the event's name: %w", err)
	}
	var r *route
	key := routeKey{c.op, c.event}
	if c.channel == "" {
		r = s.server.routes.find(key)
	} else {
		j, ok := s.memberships.find(c.channel)
		if !ok {
			return nil, Errorf(CodeForbidden, "join the channel %.255q first", c.channel)
		}
		c.params = j.params
		if isReserved(c.event) {
			r = serviceFor(key, j.channel)
		} else {
			r = j.channel.routes.find(key)
		}
	}
	if r == nil {
		return nil, Errorf(CodeNotFound, "no handler for the %v %.255q", c.op, c.event)
	}
	return r, nil
}

// runMessage runs a handler, and finishes its message however the handler ends.
func (s *clientSession) runMessage(i *item, c *Context, r *route) {
	err := errLeft
	defer func() { s.finishMessage(i, c, err) }()
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
		i.scope.parent, i.scope.deadline = c.Context, i.at.Add(timeout)
		defer i.scope.end()
		c.Context = i.scope
		if !i.begin() {
			err = &Error{Code: CodeCanceled}
			return
		}
	}
	err = s.run(r.wrapped, c)
}

// finishMessage answers a call, and is done with the item.
func (s *clientSession) finishMessage(i *item, c *Context, err error) {
	if i.op == OpCall {
		s.answer(c, i.packet.ID, err)
	} else if err != nil {
		if e := s.toldOf(c, err); e.Code != CodeInternal {
			s.server.options.Logger.Debug("hawser: an event was refused", "event", c.event, "channel", c.channel, "session", s.ID(), "error", e)
		}
	}
	if i.beside {
		s.handled(i)
	} else {
		s.inbox.done(i)
	}
}

// answer answers a call, a join, a leave.
func (s *clientSession) answer(c *Context, id uint64, err error) {
	if err == nil {
		err = s.guard(c, func() error { return s.reply(c, id) })
	}
	if err != nil && s.ctx.Err() == nil {
		s.answerError(c, id, err)
	}
}

// reply sends what the handler has to say.
func (s *clientSession) reply(c *Context, id uint64) error {
	if c.more != nil && c.more.answer != nil {
		return c.more.answer(func(data any) error { return s.sendReply(id, data) })
	}
	return s.sendReply(id, c.reply())
}

func (s *clientSession) sendReply(id uint64, data any) error {
	return s.sendWith(codec.Packet{Kind: codec.KindReply, ID: id}, data)
}

func (s *clientSession) answerError(c *Context, id uint64, err error) {
	e := s.toldOf(c, err)
	p := codec.Packet{Kind: codec.KindError, ID: id, Code: line.Clip(string(e.Code)), Message: line.Clip(e.Message)}
	if err := s.guard(c, func() error { return s.sendWith(p, e.Data) }); err != nil && e.Data != nil {
		s.report(c, fmt.Errorf("the error's data: %w", err))
		_ = s.sendWith(p, nil)
	}
}
