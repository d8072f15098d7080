package hawser

import (
	"context"
	"errors"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/channel"
)

// OnSnapshot registers what gives a channel's state to a client that joins for the first time, or cannot go on from where it was. The client gets the state
// with the answer to its join, and after it what was published since, in order and each once.
//
// Nobody waits for it: what is published meanwhile is kept for the one who joins, 1,024 messages and 1 MiB at most; then it is taken again, and after
// three times the join fails with CodeUnavailable. So a change that happens while the snapshot is taken may be in it and come as a message too. Where
// messages are not idempotent, return At with the position of the last publication that the snapshot knows. Its context ends after Options.CallTimeout.
//
// An error fails the join with its code.
func (ch *Channel) OnSnapshot(h func(*Context) (any, error)) {
	ch.routes.handle(routeKey{op: OpSnapshot}, func(c *Context) error {
		v, err := h(c)
		c.Reply(v)
		return err
	}, nil)
}

// At says that v, a snapshot, is the state after the publication at p: one that Publish returned. The client gets v, and then what came after p, each
// once. To be that, state and position must change together:
//
//	mu.Lock()
//	count++
//	position, err = rt.Publish(ctx, "counter", "up", 1)
//	mu.Unlock()
//
// The zero Position, and one of another epoch, is before all publications there are: the application has not published since the numbering began. If it is
// older than what came before the join, what is between is read from the channel's history: see Channel.History.
func At(p Position, v any) any { return snapshotAt{p, v} }

type snapshotAt struct {
	position Position
	value    any
}

// snapshotTries is how often a snapshot is taken if it is too old to be followed by what is kept.
const snapshotTries = 3

// beginWithSnapshot takes a snapshot that can be followed by messages without a hole, and returns from where.
func (s *clientSession) beginWithSnapshot(ctx context.Context, j *joining, r *channel.Reservation, h *route) (Position, error) {
	var useless *broker.PositionError
	for range snapshotTries {
		v, err := s.snapshot(ctx, j, h)
		if err != nil {
			return Position{}, err
		}
		from := r.At()
		if at, ok := v.(snapshotAt); ok {
			v = at.value
			if from = at.position; from.Epoch != r.At().Epoch {
				from = Position{Epoch: r.At().Epoch}
			}
		}
		err = r.From(ctx, from)
		switch {
		case err == nil:
			j.reply.Snapshot, err = s.embed(j.c, v)
			return from, err
		case errors.Is(err, channel.ErrLost):
			return from, err
		case !errors.As(err, &useless):
			return from, s.unavailable(j.c, err)
		}
	}
	s.server.options.Logger.Error("hawser: a snapshot cannot be followed: what was published after its position is not kept, or it is beyond. "+
		"Return the position of the last publication that it knows, and let the channel keep enough (Channel.History)",
		"channel", j.c.channel, "session", s.ID(), "error", useless)
	return Position{}, &Error{Code: CodeInternal, Message: failed}
}

func (s *clientSession) snapshot(ctx context.Context, j *joining, h *route) (any, error) {
	c := s.context(OpSnapshot)
	c.Context, c.channel, c.params, c.data = ctx, j.c.channel, j.c.params, j.c.data
	if err := s.run(h.wrapped, c); err != nil {
		return nil, err
	}
	return c.reply(), nil
}
