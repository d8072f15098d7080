package session

// Claims decides which of a session's wires is in use: docs/protocol.md §4. W identifies a wire.
type Claims[W comparable] struct {
	last  uint64
	wire  W
	inUse bool
}

// Take asks for wire to become the one in use. It does if its claim is higher than the last one granted, or equal while no wire is in use.
// The wire that it displaces is returned.
func (c *Claims[W]) Take(wire W, claim uint64) (displaced W, taken bool) {
	if claim < c.last || claim == c.last && c.inUse {
		return displaced, false
	}
	if c.inUse && c.wire != wire {
		displaced = c.wire
	}
	c.last, c.wire, c.inUse = claim, wire, true
	return displaced, true
}

// Release says that a wire has ended, and reports whether it was the one in use.
func (c *Claims[W]) Release(wire W) bool {
	if !c.inUse || c.wire != wire {
		return false
	}
	var none W
	c.wire, c.inUse = none, false
	return true
}

// InUse returns the wire in use, or the zero W.
func (c *Claims[W]) InUse() W { return c.wire }

// Last returns the last claim granted.
func (c *Claims[W]) Last() uint64 { return c.last }
