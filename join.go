package hawser

import (
	"errors"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A joining is a client's wish to join a channel.
type joining struct {
	c       *Context
	item    *item // that asked for it
	channel *Channel
	since   Position // that the client names; without an epoch: none
	reply   codec.Joined
	tries   int // to become a member
}

const (
	joinTries   = 3 // so often a busy channel may outrun a join
	retryJoin   = time.Second
	retryBroker = time.Second
)

// joinedRoom is about as many bytes as the reply to a join has whose channel adds nothing to it.
const joinedRoom = 64

// handleJoin asks the channel's OnJoin, and makes the session a member.
func (s *clientSession) handleJoin(i *item) {
	c := s.context(OpJoin)
	c.channel, c.data = i.packet.Channel, i.packet.Data
	j := &joining{c: c, item: i, since: Position{Epoch: i.packet.Epoch, Offset: i.packet.Offset}}
	s.takeJoin(j, func() error { return s.join(j) })
}

// takeJoin takes a join as far as it goes, and is done with it unless that is aside.
func (s *clientSession) takeJoin(j *joining, further func() error) {
	err := errLeft
	defer func() {
		if errors.Is(err, errAside) {
			return
		}
		if err != nil {
			s.abandonJoin(j.c.channel)
			s.answerError(j.c, j.item.packet.ID, err)
		}
		s.handled(j.item)
	}()
	err = further()
}

// abandonJoin leaves nothing of a join that failed. If it was to continue a membership, that one ends.
func (s *clientSession) abandonJoin(name string) {
	j, was := s.memberships.drop(name)
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
	s.memberships.decide(c.channel)
	defer s.memberships.decided()
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
	if err := s.memberships.add(joined{name: c.channel, channel: ch, params: params}, s.server.options.MaxChannels); err != nil {
		return err
	}
	return s.becomeMember(j)
}

// becomeMember reserves a place in the channel, and enters.
func (s *clientSession) becomeMember(j *joining) error {
	r, err := s.reserve(j)
	if err != nil {
		return err
	}
	return s.enterOrRetry(j, r)
}

// enterOrRetry enters with a reservation, or, where the channel was faster, with another one.
func (s *clientSession) enterOrRetry(j *joining, r *channel.Reservation) error {
	err := s.enter(j, r)
	if !errors.Is(err, channel.ErrLost) {
		return err
	}
	if j.tries++; j.tries == joinTries {
		return &Error{Code: CodeUnavailable, Message: "too much happens in the channel to join it now", Retry: retryJoin}
	}
	return s.becomeMember(j)
}

// enter makes the session a member, and answers. It fails with channel.ErrLost if the channel was faster.
func (s *clientSession) enter(j *joining, r *channel.Reservation) error {
	defer r.Cancel()
	if !s.memberships.has(j.c.channel) {
		return errRemoved
	}
	from, err := s.begin(j, r)
	if err != nil {
		return err
	}
	j.reply.Epoch, j.reply.Offset = from.Epoch, from.Offset
	var reply *session.Packet
	err = s.guard(j.c, func() (err error) {
		data, err := codec.AppendJoined(s.line.Codec(), make([]byte, 0, joinedRoom), &j.reply)
		if err != nil {
			return err
		}
		reply, err = s.encode(codec.Packet{Kind: codec.KindReply, ID: j.item.packet.ID}, codec.Payload{Raw: data})
		return err
	})
	if err != nil {
		return err
	}
	if err := r.Admit(func() error { return s.send(reply) }); err != nil {
		return err
	}
	if !s.memberships.tell(j.c.channel) { // it ended, or was removed, meanwhile
		s.server.hub.Leave(j.c.channel, (*member)(s), s.tellLeft(j.c.channel, errRemoved.Code, errRemoved.Message))
		return nil
	}
	if j.channel.tracked.Load() == nil {
		return nil
	}
	return s.await(j.c.channel, func() { s.enterPresence(j.c, j.channel) }, func() { s.handled(j.item) })
}

var errRemoved = &Error{Code: CodeForbidden, Message: "removed while joining"}

// begin finds where the membership begins: after the position that the client has, if what came since can be had, and otherwise with the channel's snapshot, if
// it has one.
func (s *clientSession) begin(j *joining, r *channel.Reservation) (from Position, err error) {
	j.reply.Recovered, j.reply.Snapshot = nil, nil
	snapshot := j.channel.routes.find(routeKey{op: OpSnapshot})
	if j.since.Epoch == "" && snapshot == nil { // there is nothing to wait for
		return r.At(), nil
	}
	ctx, cancel := s.bounded(s.ctx)
	defer cancel()
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
	if snapshot != nil {
		return s.beginWithSnapshot(ctx, j, r, snapshot)
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
