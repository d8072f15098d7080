package memory

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/broker"
)

const shards = 64

// A log is the broker.Log of a Broker. Subscribers are called by whoever appends, before Append returns.
type log struct {
	seed   maphash.Seed
	shards [shards]shard
	sweep  sweep
	over   atomic.Bool
}

var _ broker.Log = (*log)(nil)

func (l *log) init(o Options) {
	if o.IdleChannels <= 0 {
		o.IdleChannels = DefaultIdleChannels
	}
	l.seed = maphash.MakeSeed()
	for i := range l.shards {
		l.shards[i].topics = map[string]*topic{}
		l.shards[i].maxIdle = (o.IdleChannels + shards - 1) / shards
	}
	l.sweep.drop = l.expire
}

func (l *log) shard(channel string) *shard {
	return &l.shards[maphash.String(l.seed, channel)%shards]
}

func (l *log) usable(ctx context.Context) error {
	if l.over.Load() {
		return broker.ErrClosed
	}
	return ctx.Err()
}

// Append implements broker.Log.
func (l *log) Append(ctx context.Context, channel string, m broker.Message, keep broker.Retention) (broker.Position, error) {
	if err := l.usable(ctx); err != nil {
		return broker.Position{}, err
	}
	s := l.shard(channel)
	t, now := s.lock(channel), time.Now()
	defer s.release(t)
	at := t.appendLocked(m, keep, now)
	if keep.Size > 0 && keep.Age > 0 {
		l.sweep.by(now.Add(keep.Age))
	}
	return at, nil
}

// Read implements broker.Log.
func (l *log) Read(ctx context.Context, channel string, q broker.Query) (broker.Page, error) {
	if err := l.usable(ctx); err != nil {
		return broker.Page{}, err
	}
	s := l.shard(channel)
	t := s.lock(channel)
	defer s.release(t)
	t.expireLocked(time.Now())
	return t.readLocked(q)
}

// Subscribe implements broker.Log.
func (l *log) Subscribe(
	ctx context.Context, channel string, receive func(epoch string, e *broker.Entry),
) (at broker.Position, stop func(), err error) {
	if err := l.usable(ctx); err != nil {
		return broker.Position{}, nil, err
	}
	s := l.shard(channel)
	t := s.lock(channel)
	defer t.mu.Unlock()
	sub := &subscriber{receive}
	t.subscribers = append(t.subscribers, sub)
	s.place(t)
	var once sync.Once
	stop = func() {
		once.Do(func() {
			t.mu.Lock()
			defer s.release(t)
			t.subscribers = slices.DeleteFunc(t.subscribers, func(other *subscriber) bool { return other == sub })
		})
	}
	return t.at, stop, nil
}

// expire drops what is too old in every channel, and returns when the next will be; zero: there is none.
func (l *log) expire(now time.Time) (next time.Time) {
	for i := range l.shards {
		for _, t := range l.shards[i].all() {
			t.mu.Lock()
			t.expireLocked(now)
			if at := t.nextExpiryLocked(); !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
			t.mu.Unlock()
		}
	}
	return next
}

func (l *log) close() {
	l.over.Store(true)
	l.sweep.stop()
	for i := range l.shards {
		for _, t := range l.shards[i].all() {
			t.mu.Lock()
			t.subscribers, t.kept = nil, nil
			t.mu.Unlock()
		}
	}
}
