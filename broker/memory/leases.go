package memory

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// leases are the broker.Leases of a Broker. Watches are told under the lock, which is what puts changes in one order.
type leases struct {
	leasesMu sync.Mutex // guards what follows
	groups   map[string]*group
	over     schedule[*lease]
	closed   bool
}

// A group exists while something is held in it or somebody watches it.
type group struct {
	name    string
	held    map[string]*lease
	watches map[*watch]struct{}
}

type lease struct {
	broker.Lease
	group *group
	due   due[*lease]
}

type watch struct {
	changed func(l broker.Lease, held bool)
}

// Hold implements broker.Leases.
func (b *leases) Hold(ctx context.Context, name string, l broker.Lease, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	if b.closed {
		return broker.ErrClosed
	}
	g := b.groupLocked(name)
	held, renewed := g.held[l.Key]
	if !renewed {
		held = &lease{group: g}
		held.due.what = held
		g.held[l.Key] = held
	}
	news := !renewed || !bytes.Equal(held.Value, l.Value)
	held.Lease = l
	b.over.setLocked(&held.due, time.Now().Add(ttl), renewed)
	if news {
		g.tell(l, true)
	}
	return nil
}

// Release implements broker.Leases.
func (b *leases) Release(ctx context.Context, name, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	if b.closed {
		return broker.ErrClosed
	}
	if g := b.groups[name]; g != nil {
		if l := g.held[key]; l != nil {
			b.over.dropLocked(&l.due)
			b.endLocked(l)
		}
	}
	return nil
}

// Held implements broker.Leases.
func (b *leases) Held(ctx context.Context, name string) ([]broker.Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	if b.closed {
		return nil, broker.ErrClosed
	}
	return b.groups[name].leases(), nil
}

// CountHeld implements broker.Leases.
func (b *leases) CountHeld(ctx context.Context, name string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	if b.closed {
		return 0, broker.ErrClosed
	}
	if g := b.groups[name]; g != nil {
		return len(g.held), nil
	}
	return 0, nil
}

// Watch implements broker.Leases.
func (b *leases) Watch(
	ctx context.Context, name string, changed func(l broker.Lease, held bool),
) (now []broker.Lease, stop func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	if b.closed {
		return nil, nil, broker.ErrClosed
	}
	g := b.groupLocked(name)
	w := &watch{changed}
	g.watches[w] = struct{}{}
	return g.leases(), func() { b.stop(g, w) }, nil
}

func (b *leases) stop(g *group, w *watch) {
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	delete(g.watches, w)
	b.forgetLocked(g)
}

func (b *leases) groupLocked(name string) *group {
	g := b.groups[name]
	if g == nil {
		g = &group{name: name, held: map[string]*lease{}, watches: map[*watch]struct{}{}}
		if b.groups == nil {
			b.groups = map[string]*group{}
			b.over.fire = b.expire
		}
		b.groups[name] = g
	}
	return g
}

func (b *leases) expire() {
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	b.over.expireLocked(b.endLocked)
}

// endLocked ends a lease that is not in the schedule any more.
func (b *leases) endLocked(l *lease) {
	delete(l.group.held, l.Key)
	l.group.tell(l.Lease, false)
	b.forgetLocked(l.group)
}

// forgetLocked forgets a group that has nothing left.
func (b *leases) forgetLocked(g *group) {
	if len(g.held)+len(g.watches) == 0 && b.groups[g.name] == g {
		delete(b.groups, g.name)
	}
}

func (b *leases) close() {
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	b.closed = true
	b.groups = nil
	b.over.clearLocked()
}

func (g *group) tell(l broker.Lease, held bool) {
	for w := range g.watches {
		w.changed(l, held)
	}
}

func (g *group) leases() []broker.Lease {
	if g == nil {
		return nil
	}
	all := make([]broker.Lease, 0, len(g.held))
	for _, l := range g.held {
		all = append(all, l.Lease)
	}
	return all
}
