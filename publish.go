package hawser

import (
	"context"
	"errors"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
)

// A Position is a place in the publications of a channel. It can be kept: encoded, {epoch, offset}, it is what a client has as room.position, so that a handler
// may return one.
type Position = broker.Position

// A PublishOption says who gets a publication.
type PublishOption func(*channel.Publication)

// Except leaves a session out: the sender, who knows already. Nil leaves out nobody.
func Except(session Session) PublishOption {
	return func(p *channel.Publication) {
		if session != nil {
			p.Except = session.ID()
		}
	}
}

// Publish sends an event to all members of a channel, on every node, and returns its position. data is encoded once for each of Options.Codecs, however
// many receive it; nil sends no payload. It never waits for a reader, and publications of one goroutine arrive in order. It needs no handler's context:
// any will do. Errors: ctx's, a malformed name, a key of LatestBy that is too long, data that cannot be encoded in one of the codecs or is over
// Options.MaxPayload, and the broker's; then nobody gets anything.
func (s *Server) Publish(ctx context.Context, channelName, event string, data any, options ...PublishOption) (Position, error) {
	if err := ctx.Err(); err != nil {
		return Position{}, err
	}
	p := channel.Publication{Channel: channelName, Event: event, Data: data}
	for _, o := range options {
		o(&p)
	}
	if ch, ok := s.table.Find(channelName); ok {
		p.Keep = ch.keep()
		p.Key = ch.keyOf(event, data)
	}
	return s.hub.Publish(ctx, p)
}

// An AllowPublishOption changes what AllowPublish allows.
type AllowPublishOption func(*allowPublish)

type allowPublish struct {
	check  Handler
	noEcho bool
}

// PublishIf allows what check returns nil for. Its Context has the event and the payload, which Bind decodes.
func PublishIf(check Handler) AllowPublishOption { return func(a *allowPublish) { a.check = check } }

// WithoutEcho leaves the sender out of who gets what it publishes: it knows already, and the answer tells it the position.
func WithoutEcho() AllowPublishOption { return func(a *allowPublish) { a.noEcho = true } }

// AllowPublish lets members of a channel publish to it, what they like unless PublishIf is given. Without it, publishing is for handlers. What a client
// publishes goes to all members as it is, encoded again for those with another codec.
func (ch *Channel) AllowPublish(options ...AllowPublishOption) {
	a := allowPublish{check: func(*Context) error { return nil }}
	for _, o := range options {
		o(&a)
	}
	ch.noEcho.Store(a.noEcho)
	ch.routes.handle(routeKey{op: OpPublish}, a.check, nil)
}

// handlePublish answers a client that wants to publish.
func (s *clientSession) handlePublish(p *codec.Packet) {
	c := s.context(OpPublish)
	c.channel, c.event, c.data = p.Channel, p.Event, p.Data
	err := errLeft
	defer func() { s.answer(c, p.ID, err) }()
	ctx, cancel := s.afterlife() // it was accepted: if the session ends now, it is published all the same
	defer cancel()
	c.Context = ctx
	var at Position
	if at, err = s.publish(c); err == nil {
		c.Reply(at)
	}
}

func (s *clientSession) publish(c *Context) (Position, error) {
	if err := validEvent(c.event); err != nil {
		return Position{}, err
	}
	if isReserved(c.event) {
		return Position{}, Errorf(CodeBadRequest, "events that begin with %q are Hawser's own", reserved)
	}
	j, ok := s.memberships.find(c.channel)
	if !ok {
		return Position{}, Errorf(CodeForbidden, "join the channel %.255q first", c.channel)
	}
	c.params = j.params
	r := j.channel.routes.find(routeKey{op: OpPublish})
	if r == nil {
		return Position{}, Errorf(CodeForbidden, "nobody may publish to %q", c.channel)
	}
	if err := s.run(r.wrapped, c); err != nil {
		return Position{}, err
	}
	key, err := s.keyOfEncoded(c, j.channel)
	if err != nil {
		return Position{}, err
	}
	p := channel.Publication{
		Channel: c.channel,
		Event:   c.event,
		Key:     key,
		Data:    codec.Encoded{Codec: s.line.Codec(), Payload: c.data.Clone()}, // it came in a bigger piece, and may be kept
		Keep:    j.channel.keep(),
	}
	if j.channel.noEcho.Load() {
		p.Except = s.ID()
	}
	at, err := s.server.hub.Publish(c, p)
	return at, s.publishError(c, err)
}

// publishError is what a client is told of an error of the hub.
func (s *clientSession) publishError(c *Context, err error) error {
	var encoding *channel.EncodeError
	var large *channel.TooLargeError
	switch {
	case errors.As(err, &large):
		return Errorf(CodePayloadTooLarge, "%w", err)
	case errors.As(err, &encoding), errors.Is(err, channel.ErrKey):
		return Errorf(CodeBadRequest, "%w", err)
	}
	return s.unavailable(c, err)
}

// unavailable is what a client is told when the broker fails, which may pass. The log says why.
func (s *clientSession) unavailable(c *Context, err error) error {
	if err == nil || c.Err() != nil {
		return err
	}
	s.server.options.Logger.Error("hawser: the broker failed", "op", c.op.String(), "channel", c.channel, "session", s.ID(), "error", err)
	return &Error{Code: CodeUnavailable, Message: "the channel cannot be reached now", Retry: retryBroker}
}
