package doctor

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// A line is a connection that carries frames down for as long as it lasts: a WebSocket, or a stream.
type line struct {
	frames chan []*codec.Packet // closed when the line has ended
	err    error                // why: to be read after frames is closed
	bytes  atomic.Int64         // that came
	opened time.Time
	say    func(ctx context.Context, packets ...*codec.Packet) error
	stop   func() // closes the line and waits for it
}

// errSilent: nothing came in time.
var errSilent = errors.New("nothing came")

// next returns what comes next: packets, errSilent after a time, or why the line ended.
func (l *line) next(ctx context.Context, within time.Duration) ([]*codec.Packet, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case packets, open := <-l.frames:
		if !open {
			return nil, l.err
		}
		return packets, nil
	case <-timer.C:
		return nil, errSilent
	case <-ctx.Done():
		return nil, errSilent
	}
}

// await takes what comes until the session lacks nothing.
func (l *line) await(ctx context.Context, s *session, within time.Duration) error {
	for s.lacks() {
		packets, err := l.next(ctx, within)
		if err != nil {
			return err
		}
		if err := s.take(packets); err != nil {
			return err
		}
		if err := l.answerPings(ctx, packets); err != nil {
			return err
		}
	}
	return nil
}

func (l *line) answerPings(ctx context.Context, packets []*codec.Packet) error {
	for _, p := range packets {
		if p.Kind == codec.KindPing {
			if err := l.say(ctx, &codec.Packet{Kind: codec.KindPong, N: p.N}); err != nil {
				return err
			}
		}
	}
	return nil
}

// echo sends n calls and awaits their answers.
func (l *line) echo(ctx context.Context, s *session, n int, within time.Duration) error {
	if err := l.say(ctx, s.calls(n)...); err != nil {
		return err
	}
	return l.await(ctx, s, within)
}

// quiet watches the line, which should stay as it is.
func (l *line) quiet(ctx context.Context, s *session, watch time.Duration) error {
	for until := time.Now().Add(watch); ; {
		packets, err := l.next(ctx, time.Until(until))
		switch {
		case errors.Is(err, errSilent):
			return nil
		case err != nil:
			return err
		}
		if err := s.take(packets); err != nil {
			return err
		}
		if err := l.answerPings(ctx, packets); err != nil {
			return err
		}
	}
}
