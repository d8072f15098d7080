package presence

import (
	"context"
	"sync"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// A Member is a session of this node.
type Member interface {
	// ID returns its id, which has no NUL.
	ID() string
	// Connected reports whether it has a connection now. It must not call the Tracker.
	Connected() bool
}

// A membership is a session of this node in a channel: a lease that is renewed.
type membership struct {
	member  Member
	user    string
	channel string

	mu     sync.Mutex // held while the broker is asked, so that what is asked for one session stays in order; guards what follows
	value  []byte     // of the lease
	until  time.Time  // when the lease expires unless it is renewed
	states stateKeys
	left   bool
}

// Enter says that m, a session of that user, is in a channel, with data, which may be nil. To enter again replaces the data. The session is here until
// Leave, for as long as it has connections: see Options.Grace. While the broker fails, which is logged, nobody sees it. Errors: *TooLargeError, ErrClosed.
func (t *Tracker) Enter(ctx context.Context, channel string, m Member, user string, data []broker.Payload) error {
	if err := t.Fits(data); err != nil {
		return err
	}
	r, err := t.use(channel)
	if err != nil {
		return err
	}
	ms, fresh := r.lockMembership(m, true)
	defer ms.mu.Unlock()
	if fresh {
		t.renewLater(1)
	} else {
		defer t.unuse(r, 1)
	}
	ms.user = user
	t.put(ctx, ms, data)
	return nil
}

// Update replaces the data of a session that has entered. Errors: *TooLargeError, ErrNotHere.
func (t *Tracker) Update(ctx context.Context, channel string, m Member, data []broker.Payload) error {
	if err := t.Fits(data); err != nil {
		return err
	}
	return t.with(channel, m, func(ms *membership) error {
		t.put(ctx, ms, data)
		return nil
	})
}

// Leave says that m has left: its presence and its states are gone at once. It reports whether m was there.
func (t *Tracker) Leave(ctx context.Context, channel string, m Member) bool {
	r := t.find(channel)
	if r == nil {
		return false
	}
	ms, _ := r.lockMembership(m, false)
	if ms == nil {
		t.unuse(r, 1)
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ms.states.forget(time.Now())
	for _, u := range ms.states {
		t.log("take back a state", t.options.Leases.Release(ctx, stateGroup(channel), stateLeaseKey(m.ID(), u.key)))
	}
	t.log("release", t.options.Leases.Release(ctx, presenceGroup(channel), m.ID()))
	ms.left = true
	r.removeMembership(ms)
	ms.mu.Unlock()
	t.renewLater(-1)
	t.unuse(r, 2) // ours, and the membership's
	return true
}

// Returned says that a session that had no connection has one again. If it was gone, it is here at once, and if it was about to be gone, it is not; otherwise
// it would be seen only when leases are next renewed. It reports whether the session has entered.
func (t *Tracker) Returned(ctx context.Context, channel string, m Member) bool {
	return t.with(channel, m, func(ms *membership) error {
		if time.Until(ms.until) < t.options.Grace { // a renewal was missed
			t.renew(ctx, ms)
		}
		return nil
	}) == nil
}

// Fits returns a *TooLargeError for data that Enter would not take.
func (t *Tracker) Fits(data []broker.Payload) error { return fits(data, t.options.MaxData) }

// with calls do with the membership of m, locked. It fails with ErrNotHere.
func (t *Tracker) with(channel string, m Member, do func(*membership) error) error {
	r := t.find(channel)
	if r == nil {
		return ErrNotHere
	}
	defer t.unuse(r, 1)
	ms, _ := r.lockMembership(m, false)
	if ms == nil {
		return ErrNotHere
	}
	defer ms.mu.Unlock()
	return do(ms)
}

// put replaces the data of a membership, which is locked.
func (t *Tracker) put(ctx context.Context, ms *membership, data []broker.Payload) {
	ms.value = encode(presenceRecord{User: ms.user, Data: data})
	t.renew(ctx, ms)
}

// renew holds the lease of a membership, which is locked, for another while.
func (t *Tracker) renew(ctx context.Context, ms *membership) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	until := time.Now().Add(t.options.lease())
	l := broker.Lease{Key: ms.member.ID(), Value: ms.value}
	err := t.options.Leases.Hold(ctx, presenceGroup(ms.channel), l, t.options.lease())
	t.heard(err)
	switch {
	case err == nil:
		ms.until = until
	case t.open.Err() != nil: // closed meanwhile
		return
	}
	t.log("renew", err)
}

func (t *Tracker) log(what string, err error) {
	if err != nil {
		t.options.Logger.Error("hawser: presence: cannot "+what, "error", err)
	}
}

func fits(data []broker.Payload, limit int) error {
	if n := size(data); n > limit {
		return &TooLargeError{n, limit}
	}
	return nil
}
