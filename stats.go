package hawser

// Stats are counts of a server, for metrics.
type Stats struct {
	// Sessions is how many there are now.
	Sessions int
	// Admitted is how many new sessions were let in since the server began, before they were authenticated.
	Admitted uint64
	// TurnedAway is how often a client was told to come back later, by Options.MaxSessions or Options.SessionRate.
	TurnedAway uint64
	// Channels is how many channels have members on this node now, or some that join.
	Channels int
	// Resets is how often a member of a channel was told that it has missed something of it, since the server began: because it was too slow, the broker lost
	// something, or what it had missed comes in pieces. It then joins again, with what it missed if the channel has a history.
	Resets uint64
	// Overflowed is how many sessions have ended with CodeOverflow since the server began, because their clients were too slow.
	Overflowed uint64
	// Remembered is how many sessions have ended of which the server still knows how much of the client it had accepted: see Options.DedupeWindow.
	Remembered int
}

// Stats returns the server's counts.
func (s *Server) Stats() Stats {
	admitted, turnedAway := s.lines.Admissions()
	return Stats{
		Sessions: s.count(), Admitted: admitted, TurnedAway: turnedAway,
		Channels: s.hub.Len(), Resets: s.hub.Resets(), Overflowed: s.lines.Overflows(), Remembered: s.lines.Remembered(),
	}
}
