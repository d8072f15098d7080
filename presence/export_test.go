package presence

// Rooms returns how many channels the tracker has something of.
func (t *Tracker) Rooms() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.rooms)
}
