package main

import (
	"sync"

	"github.com/hawser-go/hawser"
)

// A pile is a leak: it grows by so many bytes with every session that begins.
type pile struct {
	each int
	mu   sync.Mutex // guards top
	top  *leaf
}

type leaf struct {
	below *leaf
	bytes []byte
}

// add is a handler of OnConnect.
func (p *pile) add(*hawser.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.top = &leaf{p.top, make([]byte, p.each)}
	return nil
}
