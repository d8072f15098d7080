package channel

// A Param is one part of a channel's name, and what the pattern calls it.
type Param struct {
	Name, Value string
}

// Params are the parameters of a matched name, in the order of the pattern. They are few: a slice is faster than a map.
type Params []Param

// Value returns the value of the parameter of that name, or "" if there is none. A parameter that is there is never empty.
func (p Params) Value(name string) string {
	for i := range p {
		if p[i].Name == name {
			return p[i].Value
		}
	}
	return ""
}
