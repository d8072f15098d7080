package hawser

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/presence"
)

// PresenceOptions say how presence works in the channels of a pattern. The zero value works.
type PresenceOptions struct {
	// Grace is how long a member without a connection still counts as here; after that, it is gone within half as much again, and it is here again when it has
	// a connection. The sessions of a node that died seem to be here for as long. Default 10 s.
	Grace time.Duration
	// MaxData is the most bytes of what one session shows of itself, encoded. Default 4 KiB; not over a quarter of Options.MaxPayload.
	MaxData int
	// AllowData lets clients say what others see of them. Otherwise only the server does: see Context.SetPresence.
	AllowData bool
	// MaxStates is how many keys of states a session may have in use in a channel. Default 16. See AllowState.
	MaxStates int
	// MaxState is the most bytes of one state's value, encoded. Default 1 KiB; not over a quarter of Options.MaxPayload.
	MaxState int
}

// tracked is a pattern whose channels have presence.
type tracked struct {
	*presence.Tracker
	allowData bool
}

// Presence makes the members of the pattern's channels known to each other, as far as OnPresence allows: each is here from its join, right after that was
// answered and before anything that its client sends later is handled, until it leaves or is without a connection for longer than the grace. It counts for
// those who join from then on, so call it before the server serves. It panics when it is called twice, and over a bound or a time below zero.
func (ch *Channel) Presence(o PresenceOptions) {
	if min(int64(o.Grace), int64(o.MaxData), int64(o.MaxStates), int64(o.MaxState)) < 0 {
		panic("hawser: PresenceOptions of the channel " + ch.pattern + ": a bound or a time is below zero")
	}
	s := ch.server
	limit := func(n, usual int) int { return min(cmp.Or(n, usual), s.options.MaxPayload/4) }
	t := &tracked{allowData: o.AllowData, Tracker: presence.New(presence.Options{
		Leases:    s.broker,
		Audience:  audience{s},
		Grace:     o.Grace,
		MaxData:   limit(o.MaxData, 4<<10),
		MaxStates: o.MaxStates,
		MaxState:  limit(o.MaxState, 1<<10),
		MaxDiff:   limit(0, 64<<10),
		Logger:    s.options.Logger,
	})}
	if !ch.tracked.CompareAndSwap(nil, t) {
		panic("hawser: the channel " + ch.pattern + " has presence already")
	}
}

// OnPresence registers who of the members may see who is there, and their states: those for whom the handler returns nil. Without one nobody may.
// Context.Event is what is asked: "hawser:presence", "hawser:count" or "hawser:state".
func (ch *Channel) OnPresence(h Handler) { ch.routes.handle(routeKey{op: OpPresence}, h, nil) }

// SetPresence says what others see of the session in this channel: any value, encoded at once, or nil for nothing. In OnJoin it counts when the join has
// succeeded; in other handlers of a channel, at once. Errors: the channel has no presence (CodeNotFound), the session is not a member (CodeForbidden), data
// that is over PresenceOptions.MaxData (CodePayloadTooLarge) or cannot be encoded.
func (c *Context) SetPresence(v any) error {
	t, err := c.session.server.tracked(c.channel)
	if err != nil {
		return err
	}
	data, err := c.session.server.payloads(v)
	if err != nil {
		return err
	}
	if c.op != OpJoin {
		return c.session.presenceError(c, t.Update(context.WithoutCancel(c), c.channel, (*member)(c.session), data))
	}
	if err := t.Fits(data); err != nil {
		return c.session.presenceError(c, err)
	}
	c.particular().shows = &data
	return nil
}

// tracked returns what tracks the presence of a channel.
func (s *Server) tracked(channelName string) (*tracked, error) {
	ch, ok := s.table.Find(channelName)
	if ok {
		if t := ch.tracked.Load(); t != nil {
			return t, nil
		}
	}
	return nil, noPresence(channelName)
}

func noPresence(channelName string) *Error {
	return Errorf(CodeNotFound, "the channel %.255q has no presence (Channel.Presence)", channelName)
}

// closePresence ends what tracks presence. Whoever has not left by then is gone when the grace is over.
func (s *Server) closePresence() {
	s.patternsMu.Lock()
	defer s.patternsMu.Unlock()
	for _, ch := range s.patterns {
		if t := ch.tracked.Load(); t != nil {
			t.Close()
		}
	}
}

// payloads encodes a value, or what one codec has encoded, for each codec; nil is none.
func (s *Server) payloads(v any) ([]broker.Payload, error) {
	if v == nil {
		return nil, nil
	}
	all := make([]broker.Payload, len(s.options.Codecs))
	for i, c := range s.options.Codecs {
		p, err := codec.EncodeShared(c, v)
		if err != nil {
			return nil, Errorf(CodeBadRequest, "it cannot be encoded in codec %s: %w", c.Name(), err)
		}
		all[i] = broker.Payload{Codec: c.Name(), Data: p.Raw, Bytes: p.Bytes}
	}
	return all, nil
}

// field returns a field of the payload, which is a map, encoded for each codec, and whether it is there.
func (c *Context) field(name string) (value []broker.Payload, ok bool, err error) {
	own := c.session.line.Codec()
	raw, ok, err := codec.Lookup(own, c.data.Clone(), name) // it came in a bigger piece, and may be kept
	if err != nil {
		return nil, false, Errorf(CodeBadRequest, "the payload does not fit: %w", err)
	}
	if !ok {
		return nil, false, nil
	}
	value, err = c.session.server.payloads(codec.Encoded{Codec: own, Payload: raw})
	return value, true, err
}

// permission returns the context with which somebody is asked whether the client may do it.
func (c *Context) permission(op Op) *Context {
	p := c.session.context(op)
	p.Context, p.channel, p.event, p.params, p.data = c.Context, c.channel, c.event, c.params, c.data
	return p
}

// presenceError is what a client is told of an error of a Tracker.
func (s *clientSession) presenceError(c *Context, err error) error {
	var large *presence.TooLargeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return Errorf(CodePayloadTooLarge, "%w", err)
	case errors.Is(err, presence.ErrTooManyStates):
		return Errorf(CodeRateLimited, "%w", err)
	case errors.Is(err, presence.ErrStateKey), errors.Is(err, presence.ErrStateTTL):
		return Errorf(CodeBadRequest, "%w", err)
	case errors.Is(err, presence.ErrNotHere):
		return Errorf(CodeForbidden, "%w", err)
	case errors.Is(err, presence.ErrDeaf):
		return Errorf(CodeUnavailable, "%w", err) // the log has it from what was asked
	}
	return s.unavailable(c, err)
}

// enterPresence makes a session that has joined a channel be here.
func (s *clientSession) enterPresence(c *Context, ch *Channel) {
	t := ch.tracked.Load()
	if t == nil {
		return
	}
	s.entering.Lock()
	defer s.entering.Unlock()
	if !s.memberships.has(c.channel) {
		return
	}
	ctx := context.WithoutCancel(c)
	var shows *[]broker.Payload
	if c.more != nil {
		shows = c.more.shows
	}
	again := t.Returned(ctx, c.channel, (*member)(s))
	if again && shows == nil {
		return
	}
	var data []broker.Payload
	if shows != nil {
		data = *shows
	}
	if err := t.Enter(ctx, c.channel, (*member)(s), s.User().ID, data); err != nil {
		s.report(c, err) // the server is closing
		return
	}
	if !again {
		s.entered.Add(1)
	}
}

// leavePresence makes a session that is not a member of a channel any more be gone from there.
func (s *clientSession) leavePresence(j joined) {
	t := j.channel.tracked.Load()
	if t == nil {
		return
	}
	s.entering.Lock()
	defer s.entering.Unlock()
	if s.memberships.has(j.name) {
		return
	}
	t.Unwatch(j.name, (*member)(s))
	if t.Leave(context.Background(), j.name, (*member)(s)) {
		s.entered.Add(-1)
	}
}

// leaveAllPresence does that for a session that has ended, whose end need not wait for it.
func (s *clientSession) leaveAllPresence(all []joined) {
	all = slices.DeleteFunc(all, func(j joined) bool { return j.channel.tracked.Load() == nil })
	if len(all) == 0 {
		return
	}
	s.server.handlers.Add(1)
	go func() {
		defer s.server.handlers.Done()
		for _, j := range all {
			s.leavePresence(j)
		}
	}()
}

// unwatchPresence ends the session's watching of a channel that it joins again.
func (s *clientSession) unwatchPresence(channelName string, ch *Channel) {
	if t := ch.tracked.Load(); t != nil {
		t.Unwatch(channelName, (*member)(s))
	}
}

// Resumed implements line.Session.
func (s *clientSession) Resumed() {
	if s.entered.Load() == 0 {
		return
	}
	s.server.handlers.Add(1)
	go func() {
		defer s.server.handlers.Done()
		for _, j := range s.memberships.list() {
			if t := j.channel.tracked.Load(); t != nil {
				t.Returned(context.Background(), j.name, (*member)(s))
			}
		}
	}()
}
