package netlab

const defaultRate = 16 << 10

// Bandwidth bounds how many bytes a second each connection carries; 0: any number.
type Bandwidth struct{ Up, Down int }

// Name is "slow-link".
func (Bandwidth) Name() string { return "slow-link" }

func (f Bandwidth) with(p *parameters) Fault {
	p.integer("up", &f.Up)
	p.integer("down", &f.Down)
	return f
}

func (f Bandwidth) rate(d Direction) int {
	if d == Up {
		return f.Up
	}
	return f.Down
}
