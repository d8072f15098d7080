package hawser

import (
	"context"
	"errors"

	"github.com/hawser-go/hawser/presence"
)

// The services of presence: docs/protocol.md §9.1.
const (
	servicePresence = "hawser:presence"
	serviceCount    = "hawser:count"
	serviceEnter    = "hawser:enter"
	serviceState    = "hawser:state"
)

// mayWatch asks OnPresence, and returns what tracks the channel.
func mayWatch(c *Context, ch *Channel) (*tracked, error) {
	t := ch.tracked.Load()
	if t == nil {
		return nil, noPresence(c.channel)
	}
	r := ch.routes.find(routeKey{op: OpPresence})
	if r == nil {
		return nil, Errorf(CodeForbidden, "nobody may see who is in %q", c.channel)
	}
	return t, c.session.run(r.wrapped, c.permission(OpPresence))
}

// answerPresence is the service hawser:presence. Its answer and the first diff are one after the other, so the channel's tracker says when to answer.
func answerPresence(c *Context, ch *Channel) error {
	t, err := mayWatch(c, ch)
	if err != nil {
		return err
	}
	in := struct {
		Watch *bool `json:"watch"`
	}{}
	if err := c.Bind(&in); err != nil {
		return err
	}
	s := c.session
	if in.Watch != nil && !*in.Watch {
		t.Unwatch(c.channel, (*member)(s))
		all, err := t.List(c, c.channel)
		if err != nil {
			return s.unavailable(c, err)
		}
		members, err := s.server.present(s.line.Codec(), all)
		c.particular().answer = func(send func(any) error) error { return crowded(send(presenceAnswer{members}), len(all)) }
		return err
	}
	c.particular().answer = func(send func(any) error) error {
		ctx, cancel := s.afterlife() // the call's own context is over
		defer cancel()
		c.Context = ctx
		var failed error
		err := t.Watch(c, c.channel, (*member)(s), func(here []presence.Presence) error {
			var members [][]any
			if members, failed = s.server.present(s.line.Codec(), here); failed == nil {
				failed = crowded(send(presenceAnswer{members}), len(here))
			}
			return failed
		})
		if failed != nil {
			return failed
		}
		if !s.memberships.has(c.channel) { // it left meanwhile
			t.Unwatch(c.channel, (*member)(s))
		}
		return s.unavailable(c, err)
	}
	return nil
}

// crowded says what to do about a list that is too large for one packet: it is not paged.
func crowded(err error, sessions int) error {
	if !errors.Is(err, &Error{Code: CodePayloadTooLarge}) {
		return err
	}
	return Errorf(CodePayloadTooLarge, "%d sessions are too many to be listed in one packet (Options.MaxPayload): ask how many they are (%s)",
		sessions, serviceCount)
}

// answerCount is the service hawser:count.
func answerCount(c *Context, ch *Channel) error {
	t, err := mayWatch(c, ch)
	if err != nil {
		return err
	}
	n, err := t.Count(c, c.channel)
	if err != nil {
		return c.session.unavailable(c, err)
	}
	c.Reply(n)
	return nil
}

// answerEnter is the service hawser:enter.
func answerEnter(c *Context, ch *Channel) error {
	t := ch.tracked.Load()
	switch {
	case t == nil:
		return noPresence(c.channel)
	case !t.allowData:
		return Errorf(CodeForbidden, "clients do not say what others see of them in %q", c.channel)
	}
	data, _, err := c.field("data")
	if err != nil {
		return err
	}
	c.Reply(struct{}{})
	return c.session.presenceError(c, t.Update(context.WithoutCancel(c), c.channel, (*member)(c.session), data))
}
