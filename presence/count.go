package presence

import "context"

// A Count is how many are in a channel.
type Count struct {
	Users    int `json:"users"`
	Sessions int `json:"sessions"`
}

// Count returns how many are in a channel, on all nodes. It lists nobody, but for the first time that it is asked for a channel, and where no session of
// this node is in it.
func (t *Tracker) Count(ctx context.Context, channel string) (Count, error) {
	var c Count
	err := t.look(ctx, channel, func(v *view) { c = v.count() })
	return c, err
}

// List returns who is in a channel, on all nodes, in no order.
func (t *Tracker) List(ctx context.Context, channel string) ([]Presence, error) {
	var all []Presence
	err := t.look(ctx, channel, func(v *view) { all = v.list() })
	return all, err
}

// look calls at with who is in a channel.
func (t *Tracker) look(ctx context.Context, channel string, at func(*view)) error {
	if r := t.find(channel); r != nil {
		defer t.unuse(r, 1)
		if err := r.open(ctx); err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		at(r.view)
		return nil
	}
	leases, err := t.options.Leases.Held(ctx, presenceGroup(channel))
	if err != nil {
		return err
	}
	v := newView()
	for _, l := range leases {
		if p, err := decodePresence(l); err == nil {
			v.put(p, true, false)
		}
	}
	at(v)
	return nil
}
