package presence

// Shown returns how many states the tracker remembers of a channel, those that were taken back among them.
func (t *Tracker) Shown(channel string) int {
	r := t.find(channel)
	if r == nil {
		return 0
	}
	defer t.unuse(r, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.states.order.Len()
}

// Rooms returns how many channels the tracker has something of.
func (t *Tracker) Rooms() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.rooms)
}

// KeysKept returns how many keys of states the tracker keeps of a session in a channel.
func (t *Tracker) KeysKept(channel string, m Member) int {
	n := 0
	_ = t.with(channel, m, func(ms *membership) error {
		n = len(ms.states)
		return nil
	})
	return n
}
