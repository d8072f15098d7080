package presence

import (
	"context"
	"errors"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// SetState shows watchers a state of a session that has entered: data, once for each codec, for ttl. It is over with its time, with the next one of the
// same key, and when the session leaves. Errors: ErrNotHere, ErrStateKey, ErrStateTTL, ErrTooManyStates, *TooLargeError, ErrDeaf, the broker's.
func (t *Tracker) SetState(ctx context.Context, channel string, m Member, key string, data []broker.Payload, ttl time.Duration) error {
	switch {
	case key == "" || len(key) > MaxStateKey:
		return ErrStateKey
	case ttl <= 0 || ttl > MaxStateTTL:
		return ErrStateTTL
	}
	if err := fits(data, t.options.MaxState); err != nil {
		return err
	}
	return t.show(channel, m, func(ms *membership) error {
		now := time.Now()
		until := now.Add(ttl)
		if !ms.states.use(key, until, now, t.options.MaxStates) {
			return ErrTooManyStates
		}
		ctx, cancel := context.WithTimeout(ctx, briefly)
		defer cancel()
		record := stateRecord{Until: until.UnixMilli(), TTL: ttl.Milliseconds(), Data: data}
		l := broker.Lease{Key: stateLeaseKey(m.ID(), key), Value: encode(record)}
		return t.options.Leases.Hold(ctx, stateGroup(channel), l, ttl)
	})
}

// TakeBack ends a state before its time. To take back what is not set is no error. Errors: ErrNotHere, ErrDeaf, the broker's.
func (t *Tracker) TakeBack(ctx context.Context, channel string, m Member, key string) error {
	return t.show(channel, m, func(ms *membership) error {
		if !ms.states.has(key, time.Now()) {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, briefly)
		defer cancel()
		return t.options.Leases.Release(ctx, stateGroup(channel), stateLeaseKey(m.ID(), key))
	})
}

// show asks the broker to change a state of m. One that does not answer is not asked again before a renewal was: that would hold up m's session, and renewals,
// which wait for the membership, for as many states as there are.
func (t *Tracker) show(channel string, m Member, ask func(*membership) error) error {
	if t.deaf.Load() {
		return ErrDeaf
	}
	err := t.with(channel, m, ask)
	if errors.Is(err, context.DeadlineExceeded) {
		t.heard(err)
	}
	return err
}

// States calls first with the states that there are in a channel, but for m's own, under the rules of Watch's first. Who watches is told of every change
// after that. Errors: the broker's, first's, ErrClosed.
func (t *Tracker) States(ctx context.Context, channel string, m Watcher, first func([]State) error) error {
	r, err := t.use(channel)
	if err != nil {
		return err
	}
	defer t.unuse(r, 1)
	if err := r.open(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	all := []State{}
	for e := r.states.order.Front(); e != nil; e = e.Next() {
		sh := e.Value.(*shown)
		if sh.Session == m.ID() || len(sh.Data) == 0 || !sh.until.After(now) {
			continue
		}
		st := sh.State
		st.TTL = sh.until.Sub(now)
		all = append(all, st)
	}
	return first(all)
}
