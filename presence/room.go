package presence

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/hawser-go/hawser/broker"
)

// A room is what one node knows of a channel: who of its own sessions is there, and, once somebody has asked, who is there of all nodes.
type room struct {
	options *Options
	channel string
	uses    int // guarded by the Tracker's lock: memberships, watchers, and whoever is at it

	opening sync.Mutex // held while the leases begin to be followed

	mu       sync.Mutex // guards what follows; it may be taken by what the broker calls, so the broker is not asked while it is held
	members  map[string]*membership
	watchers map[Watcher]*reader
	view     *view // nil until somebody asks
	states   stateLog
	pace     pace
	stops    []func() // of what is followed
	closed   bool
}

func newRoom(o *Options, channel string) *room {
	r := &room{options: o, channel: channel, members: map[string]*membership{}, watchers: map[Watcher]*reader{}}
	r.pace = pace{every: o.Every, fire: r.flush}
	return r
}

// lockMembership returns the membership of a session, locked, and creates it if that is wished. Nil if there is none.
func (r *room) lockMembership(m Member, create bool) (ms *membership, fresh bool) {
	for {
		r.mu.Lock()
		ms = r.members[m.ID()]
		fresh = ms == nil && create
		if fresh {
			ms = &membership{member: m, channel: r.channel}
			r.members[m.ID()] = ms
		}
		r.mu.Unlock()
		if ms == nil {
			return nil, false
		}
		ms.mu.Lock()
		if !ms.left {
			return ms, fresh
		}
		ms.mu.Unlock() // it left, and was removed, in between
	}
}

func (r *room) removeMembership(ms *membership) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, ms.member.ID())
}

func (r *room) appendMemberships(all []*membership) []*membership {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.AppendSeq(all, maps.Values(r.members))
}

// open makes the room follow the channel's leases, on all nodes, until it is closed.
func (r *room) open(ctx context.Context) error {
	r.opening.Lock()
	defer r.opening.Unlock()
	r.mu.Lock()
	opened, closed := r.view != nil, r.closed
	r.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case opened:
		return nil
	}
	v := newView()
	err := r.follow(ctx, presenceGroup(r.channel), func(l broker.Lease, held bool) { r.presenceChangedLocked(v, l, held) })
	if err != nil {
		return err
	}
	if err := r.follow(ctx, stateGroup(r.channel), r.stateChangedLocked); err != nil {
		r.unfollow()
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.view = v
	return nil
}

// follow calls changed, with the room's lock held, for each lease of a group, and for each change after that.
func (r *room) follow(ctx context.Context, group string, changed func(l broker.Lease, held bool)) error {
	type change struct {
		lease broker.Lease
		held  bool
	}
	var early []change // before the leases that they change are known
	known := false
	now, stop, err := r.options.Leases.Watch(ctx, group, func(l broker.Lease, held bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case r.closed:
		case known:
			changed(l, held)
		default:
			early = append(early, change{l, held})
		}
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stops = append(r.stops, stop)
	for _, l := range now {
		changed(l, true)
	}
	for _, c := range early {
		changed(c.lease, c.held)
	}
	known, early = true, nil
	return nil
}

func (r *room) presenceChangedLocked(v *view, l broker.Lease, held bool) {
	p := Presence{Session: l.Key}
	if held {
		var err error
		if p, err = decodePresence(l); err != nil {
			r.options.Logger.Error("hawser: presence: a lease that nobody understands", "channel", r.channel, "error", err)
			return
		}
	}
	v.put(p, held, len(r.watchers) > 0)
	if v.changed() {
		r.pace.soonLocked()
	}
}

// flush tells the watchers what they have not been told.
func (r *room) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pace.firedLocked()
	if !r.closed {
		r.flushLocked()
	}
}

func (r *room) flushLocked() {
	if d := r.view.diff(r.options.MaxDiff); len(d.In)+len(d.Out) > 0 {
		r.pace.toldLocked()
		r.options.Audience.Changed(r.channel, d, maps.Keys(r.watchers))
	}
	if r.tellStatesLocked() {
		r.pace.toldLocked()
	}
	if r.view.changed() || r.behindLocked() {
		r.pace.soonLocked()
	}
}

func (r *room) unfollow() {
	r.mu.Lock()
	stops := r.stops
	r.stops = nil
	r.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}

// close ends what the room follows and tells. It may be called more than once.
func (r *room) close() {
	r.opening.Lock()
	defer r.opening.Unlock()
	r.mu.Lock()
	r.closed = true
	r.pace.stopLocked()
	r.mu.Unlock()
	r.unfollow()
}
