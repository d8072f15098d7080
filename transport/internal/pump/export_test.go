package pump

import "time"

// Shards is how many workers the crew may have.
func Shards(c *Crew) int { return len(c.shards) }

// NewCrewOf returns a crew of so many workers.
func NewCrewOf(workers int) *Crew { return newCrew(workers) }

// Few is how many pumps a worker takes at once.
const Few = few

// What a pace is measured by.
const (
	Interval  = interval
	Burst     = burst
	Large     = large
	Fruitless = fruitless
)

// PaceDue returns a pace of which earlier writes are due up to a time.
func PaceDue(t time.Time) *pace { return &pace{due: t.UnixNano()} }

// Take asks a pace whether it may write.
func Take(p *pace) time.Duration { return p.take() }
