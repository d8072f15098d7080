package line

// Room returns how many packets, and bytes of them, the log can take now before it overflows.
func (l *Line) Room() (packets, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, n := l.out.Len()
	_, size := l.out.Size()
	limits := l.registry.options.Outgoing
	return limits.UnsentPackets - n, limits.UnsentBytes - size
}
