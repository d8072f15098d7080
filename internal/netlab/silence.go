package netlab

// Silence lets no byte of any connection pass in a direction, and neither its end. What waits comes when it is over: a cable that is pulled out and put
// back.
type Silence struct{ Direction Direction }

// Name is "silence".
func (Silence) Name() string { return "silence" }

func (f Silence) with(p *parameters) Fault {
	p.direction(&f.Direction)
	return f
}

func (f Silence) silent(d Direction) bool { return f.Direction.covers(d) }
