package hawser

import (
	"context"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
)

func (s *clientSession) Channels() []string {
	all := s.memberships.list()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	return names
}

func (s *clientSession) Leave(name string, code Code, message string) bool {
	j, was := s.memberships.drop(name)
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

// tellLeft returns a function that tells the client that the server ended its membership.
func (s *clientSession) tellLeft(name string, code Code, message string) func() {
	return func() {
		p := codec.Packet{Kind: codec.KindLeft, Channel: name, Code: line.Clip(string(code)), Message: line.Clip(message)}
		_ = s.sendWith(p, nil)
	}
}

// left runs OnLeave, in its turn.
func (s *clientSession) left(j joined) {
	s.inbox.push(itemOf(OpLeave, j), nil)
}

// handleLeave ends a membership that the client does not want any more.
func (s *clientSession) handleLeave(i *item) {
	j, was := s.memberships.drop(i.packet.Channel)
	finish := func() {
		defer s.handled(i)
		s.answer(s.context(OpLeave), i.packet.ID, nil)
		if was {
			s.handleLeft(j)
		}
	}
	if !was {
		finish()
		return
	}
	s.server.hub.Leave(j.name, (*member)(s), nil)
	if j.channel.tracked.Load() == nil || s.await(j.name, func() { s.leavePresence(j) }, finish) == nil {
		finish()
	}
}

// handleLeft runs OnLeave.
func (s *clientSession) handleLeft(j joined) {
	r := j.channel.routes.find(routeKey{op: OpLeave})
	if r == nil {
		return
	}
	c := s.context(OpLeave)
	c.channel, c.params = j.name, j.params
	if s.ctx.Err() != nil {
		c.particular().cause = context.Cause(s.ctx)
		ctx, cancel := s.afterlife()
		defer cancel()
		c.Context = ctx
	}
	if err := s.run(r.wrapped, c); err != nil {
		s.report(c, err)
	}
}
