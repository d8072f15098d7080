package hawser

import (
	"context"
	"errors"

	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
)

// joinReply is the data of the reply to a join: docs/protocol.md §2.2.
type joinReply struct {
	Epoch  string `json:"epoch"`
	Offset uint64 `json:"offset"`
	Data   any    `json:"data,omitempty"`
}

// handleJoin asks the channel's OnJoin, and makes the session a member.
func (s *clientSession) handleJoin(p *codec.Packet) {
	c := s.context(OpJoin)
	c.channel, c.data = p.Channel, p.Data
	err := errLeft
	defer func() {
		if err != nil {
			s.answerError(c, p.ID, err)
		}
	}()
	err = s.join(c, p.ID)
}

func (s *clientSession) join(c *Context, id uint64) error {
	if err := channel.ValidName(c.channel); err != nil {
		return Errorf(CodeBadRequest, "the channel's name: %w", err)
	}
	ch, params, ok := s.server.match(c.channel)
	if !ok {
		return Errorf(CodeNotFound, "there is no channel %q", c.channel)
	}
	c.params = params
	r := ch.routes.find(routeKey{op: OpJoin})
	if r == nil {
		return Errorf(CodeForbidden, "nobody may join %q", c.channel)
	}
	if err := s.run(r.wrapped, c); err != nil {
		return err
	}
	// The reply waits for the position, which is known only under the channel's lock. Nothing of the application's may run there.
	var data any
	err := s.guard(c, func() (err error) {
		data, err = codec.Embeddable(s.line.Codec(), c.reply())
		return err
	})
	if err != nil {
		return err
	}

	s.mu.Lock()
	_, again := s.find(c.channel)
	switch {
	case s.over != nil:
		s.mu.Unlock()
		return ErrSessionEnded
	case !again && len(s.joined) >= s.server.options.MaxChannels:
		s.mu.Unlock()
		return Errorf(CodeRateLimited, "a session may join %d channels (Options.MaxChannels): leave one first", s.server.options.MaxChannels)
	case !again:
		s.joined = append(s.joined, joined{c.channel, ch, params})
	}
	s.mu.Unlock()

	var failed error
	err = s.server.hub.Join(c.channel, (*member)(s), func(at channel.Position) {
		failed = s.guard(c, func() error {
			return s.sendWith(codec.Packet{Kind: codec.KindReply, ID: id}, joinReply{at.Epoch, at.Offset, data})
		})
	})
	if err = errors.Join(err, failed); err != nil {
		s.dropMembership(c.channel)
		s.server.hub.Leave(c.channel, (*member)(s), nil)
		return err
	}
	if _, still := s.membership(c.channel); !still { // it ended, or was removed, meanwhile
		s.leaveHub(c.channel, CodeForbidden, "removed while joining")
	}
	return nil
}

// leaveHub ends a membership for the server's reason, which the client is told.
func (s *clientSession) leaveHub(name string, code Code, message string) {
	s.server.hub.Leave(name, (*member)(s), func(channel.Position) {
		p := codec.Packet{Kind: codec.KindLeft, Channel: name, Code: line.Clip(string(code)), Message: line.Clip(message)}
		_ = s.sendWith(p, nil)
	})
}

// find returns a membership. The lock is held.
func (s *clientSession) find(name string) (joined, bool) {
	for _, j := range s.joined {
		if j.name == name {
			return j, true
		}
	}
	return joined{}, false
}

func (s *clientSession) handleLeave(p *codec.Packet) {
	j, was := s.dropMembership(p.Channel)
	if was {
		s.server.hub.Leave(j.name, (*member)(s), nil)
	}
	s.answer(s.context(OpLeave), p.ID, nil)
	if was {
		s.handleLeft(j)
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
		c.cause = context.Cause(s.ctx)
		ctx, cancel := s.afterlife()
		defer cancel()
		c.Context = ctx
	}
	if err := s.run(r.wrapped, c); err != nil {
		s.report(c, err)
	}
}
