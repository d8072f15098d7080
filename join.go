package hawser

import (
	"context"
	"errors"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
)

// joinReply is the data of the reply to a join: docs/protocol.md §9.
type joinReply struct {
	Epoch     string `json:"epoch"`
	Offset    uint64 `json:"offset"`
	Recovered *bool  `json:"recovered,omitempty"`
	Data      any    `json:"data,omitempty"`
	Snapshot  any    `json:"snapshot,omitempty"`
}

// A joining is a client's wish to join a channel.
type joining struct {
	c       *Context
	channel *Channel
	id      uint64
	since   Position // that the client names; without an epoch: none
	reply   joinReply
}

const (
	joinTries   = 3 // so often a busy channel may outrun a join
	retryJoin   = time.Second
	retryBroker = time.Second
)

// handleJoin asks the channel's OnJoin, and makes the session a member.
func (s *clientSession) handleJoin(p *codec.Packet) {
	c := s.context(OpJoin)
	c.channel, c.data = p.Channel, p.Data
	err := errLeft
	defer func() {
		if err != nil {
			s.abandonJoin(c.channel)
			s.answerError(c, p.ID, err)
		}
	}()
	err = s.join(&joining{c: c, id: p.ID, since: Position{Epoch: p.Epoch, Offset: p.Offset}})
}

// abandonJoin leaves nothing of a join that failed. If it was to continue a membership, that one ends.
func (s *clientSession) abandonJoin(name string) {
	j, was := s.dropMembership(name)
	if !was {
		return
	}
	s.server.hub.Leave(name, (*member)(s), nil)
	s.leavePresence(j)
	if j.told {
		s.left(j)
	}
}

func (s *clientSession) join(j *joining) error {
	c := j.c
	if err := validChannel(c.channel); err != nil {
		return err
	}
	ch, params, ok := s.server.match(c.channel)
	if !ok {
		return Errorf(CodeNotFound, "there is no channel %q", c.channel)
	}
	j.channel, c.params = ch, params
	s.decide(c.channel)
	defer s.decided()
	s.unwatchPresence(c.channel, ch) // the client asks again
	r := ch.routes.find(routeKey{op: OpJoin})
	if r == nil {
		return Errorf(CodeForbidden, "nobody may join %q", c.channel)
	}
	if err := s.run(r.wrapped, c); err != nil {
		return err
	}
	var err error
	if j.reply.Data, err = s.embed(c, c.reply()); err != nil {
		return err
	}
	if err := s.addMembership(joined{name: c.channel, channel: ch, params: params}); err != nil {
		return err
	}
	for range joinTries {
		if err = s.enter(j); !errors.Is(err, channel.ErrLost) {
			return err
		}
	}
	return &Error{Code: CodeUnavailable, Message: "too much happens in the channel to join it now", Retry: retryJoin}
}

// enter makes the session a member, and answers. It fails with channel.ErrLost if the channel was faster.
func (s *clientSession) enter(j *joining) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.server.options.CallTimeout)
	defer cancel()
	if _, still := s.membership(j.c.channel); !still {
		return errRemoved
	}
	r, err := s.server.hub.Reserve(ctx, j.c.channel, (*member)(s))
	if err != nil {
		return s.unavailable(j.c, err)
	}
	defer r.Cancel()
	from, err := s.begin(ctx, j, r)
	if err != nil {
		return err
	}
	j.reply.Epoch, j.reply.Offset = from.Epoch, from.Offset
	var reply *session.Packet
	err = s.guard(j.c, func() (err error) {
		reply, err = s.encode(codec.Packet{Kind: codec.KindReply, ID: j.id}, j.reply)
		return err
	})
	if err != nil {
		return err
	}
	if err := r.Admit(func() error { return s.send(reply) }); err != nil {
		return err
	}
	if !s.toldJoined(j.c.channel) { // it ended, or was removed, meanwhile
		s.server.hub.Leave(j.c.channel, (*member)(s), s.tellLeft(j.c.channel, errRemoved.Code, errRemoved.Message))
		return nil
	}
	s.enterPresence(j.c, j.channel)
	return nil
}

var errRemoved = &Error{Code: CodeForbidden, Message: "removed while joining"}

// begin finds where the membership begins: after the position that the client has, if what came since can be had, and otherwise with the channel's snapshot, if
// it has one.
func (s *clientSession) begin(ctx context.Context, j *joining, r *channel.Reservation) (from Position, err error) {
	j.reply.Recovered, j.reply.Snapshot = nil, nil
	if j.since.Epoch != "" {
		err := r.From(ctx, j.since)
		var useless *broker.PositionError
		recovered := err == nil
		switch {
		case recovered:
			j.reply.Recovered = &recovered
			return j.since, nil
		case errors.As(err, &useless):
			j.reply.Recovered = &recovered
		case errors.Is(err, channel.ErrLost):
			return from, err
		default:
			return from, s.unavailable(j.c, err)
		}
	}
	if route := j.channel.routes.find(routeKey{op: OpSnapshot}); route != nil {
		return s.beginWithSnapshot(ctx, j, r, route)
	}
	return r.At(), nil
}

// embed encodes what the application gives for a part of a packet: nothing of the application's may run under a channel's lock.
func (s *clientSession) embed(c *Context, v any) (embedded any, err error) {
	err = s.guard(c, func() (err error) {
		embedded, err = codec.Embeddable(s.line.Codec(), v)
		return err
	})
	return embedded, err
}

// addMembership notes a channel that the session is about to join.
func (s *clientSession) addMembership(j joined) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, again := s.find(j.name)
	switch {
	case s.over != nil:
		return ErrSessionEnded
	case s.deciding != nil && s.deciding.revoked:
		return Errorf(CodeForbidden, "not allowed any more")
	case !again && len(s.joined) >= s.server.options.MaxChannels:
		return Errorf(CodeRateLimited, "a session may join %d channels (Options.MaxChannels): leave one first", s.server.options.MaxChannels)
	case !again:
		s.joined = append(s.joined, j)
	}
	return nil
}

// toldJoined notes that a join was answered. It reports whether the session is still there.
func (s *clientSession) toldJoined(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.joined {
		if s.joined[i].name == name {
			s.joined[i].told = true
			return true
		}
	}
	return false
}

// tellLeft returns a function that tells the client that the server ended its membership.
func (s *clientSession) tellLeft(name string, code Code, message string) func() {
	return func() {
		p := codec.Packet{Kind: codec.KindLeft, Channel: name, Code: line.Clip(string(code)), Message: line.Clip(message)}
		_ = s.sendWith(p, nil)
	}
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
		s.leavePresence(j)
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
