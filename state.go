package hawser

import (
	"time"

	"github.com/hawser-go/hawser/presence"
)

// AllowState lets members of a channel show others what matters only for a moment: who is typing, where a cursor is. check, if there is one, is asked for
// each state; its Context's Bind decodes {key, value, ttl}. Without AllowState nobody may. It needs Presence: states are seen by those who watch that, and
// bounded by its options. They are volatile: the latest of each session and key arrives sooner or later, others may not. They end with their time, after a
// minute at most, or with their owner's presence.
func (ch *Channel) AllowState(check ...func(*Context) error) {
	ch.routes.handle(routeKey{op: OpState}, func(c *Context) error {
		for _, check := range check {
			if err := check(c); err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// defaultStateTTL is the time of a state whose owner does not say.
const defaultStateTTL = 5 * time.Second

// takeState is the service hawser:state, of a volatile event: the client shows something, or takes it back.
func takeState(c *Context, ch *Channel) error {
	t := ch.tracked.Load()
	r := ch.routes.find(routeKey{op: OpState})
	switch {
	case t == nil:
		return noPresence(c.channel)
	case r == nil:
		return Errorf(CodeForbidden, "nobody may set states in %q", c.channel)
	}
	s := c.session
	if err := s.run(r.wrapped, c.permission(OpState)); err != nil {
		return err
	}
	var in struct {
		Key string `json:"key"`
		TTL *int64 `json:"ttl"` // ms
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	if err := validEvent(in.Key); err != nil {
		return Errorf(CodeBadRequest, "the state's key is no name: %.300q", in.Key)
	}
	value, set, err := c.field("value")
	if err != nil {
		return err
	}
	if !set {
		return s.presenceError(c, t.TakeBack(c, c.channel, (*member)(s), in.Key))
	}
	ttl := defaultStateTTL
	if in.TTL != nil {
		ttl = time.Duration(min(max(*in.TTL, 0), 1<<40)) * time.Millisecond
	}
	return s.presenceError(c, t.SetState(c, c.channel, (*member)(s), in.Key, value, ttl))
}

// answerStates is the service hawser:state, of a call.
func answerStates(c *Context, ch *Channel) error {
	t, err := mayWatch(c, ch)
	if err != nil {
		return err
	}
	s := c.session
	c.particular().answer = func(send func(any) error) error {
		ctx, cancel := s.afterlife() // the call's own context is over
		defer cancel()
		c.Context = ctx
		var failed error
		err := t.States(c, c.channel, (*member)(s), func(states []presence.State) error {
			all := make([][]any, len(states))
			for i, st := range states {
				var value any
				if value, failed = s.server.embedded(s.line.Codec(), st.Data); failed != nil {
					return failed
				}
				all[i] = []any{st.Session, st.Key, value, st.TTL.Milliseconds()}
			}
			failed = send(stateAnswer{all})
			return failed
		})
		if failed != nil {
			return failed
		}
		return s.unavailable(c, err)
	}
	return nil
}
