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
