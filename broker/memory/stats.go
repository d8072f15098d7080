package memory

// Stats are counts of a Broker, for metrics.
type Stats struct {
	// Channels is how many channels there are: those that somebody subscribes to, and those whose position is kept. See Options.IdleChannels.
	Channels int
	// Messages is how many are kept, of all channels.
	Messages int
	// Leases is how many are held, in all groups: presence and states are leases.
	Leases int
	// Claims is how many keys are claimed.
	Claims int
}

// Stats returns the broker's counts. It looks at each channel.
func (b *Broker) Stats() Stats {
	s := Stats{Leases: b.leases.count(), Claims: b.claims.count()}
	s.Channels, s.Messages = b.log.count()
	return s
}

func (l *log) count() (channels, messages int) {
	for i := range l.shards {
		for _, t := range l.shards[i].all() {
			t.mu.Lock()
			channels++
			messages += len(t.kept)
			t.mu.Unlock()
		}
	}
	return channels, messages
}

func (b *leases) count() int {
	b.leasesMu.Lock()
	defer b.leasesMu.Unlock()
	n := 0
	for _, g := range b.groups {
		n += len(g.held)
	}
	return n
}

func (b *claims) count() int {
	b.claimsMu.Lock()
	defer b.claimsMu.Unlock()
	return len(b.claimed)
}
