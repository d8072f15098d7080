package pump

// Shards is how many workers the crew may have.
func Shards(c *Crew) int { return len(c.shards) }
