package pump

// Shards is how many workers the crew may have.
func Shards(c *Crew) int { return len(c.shards) }

// NewCrewOf returns a crew of so many workers.
func NewCrewOf(workers int) *Crew { return newCrew(workers) }

// Few is how many pumps a worker takes at once.
const Few = few
