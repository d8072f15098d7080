package websocket

import "sync"

// A gathering is the frames that came together, to be handed on together. It is borrowed: an idle connection has none.
type gathering struct {
	all [64][]byte
	n   int
}

var gatherings = sync.Pool{New: func() any { return new(gathering) }}

// add adds a frame, and reports whether there is no room for another one.
func (g *gathering) add(frame []byte) (full bool) {
	g.all[g.n] = frame
	g.n++
	return g.n == len(g.all)
}

func (g *gathering) frames() [][]byte { return g.all[:g.n] }

func (g *gathering) empty() {
	clear(g.frames())
	g.n = 0
}
