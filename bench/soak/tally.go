package main

import (
	"log"
	"sync"
)

// A tally counts what happened to all members. Its methods may be called at the same time.
type tally struct {
	mu     sync.Mutex
	counts map[event]int
}

// An event is one that is counted.
type event string

const (
	began     event = "sessions"
	resumed   event = "resumed"
	cut       event = "cut"
	vanished  event = "vanished"
	reloaded  event = "reloaded"
	quit      event = "quit"
	moved     event = "moved"
	gone      event = "gone"
	received  event = "messages"
	recovered event = "recovered"
	told      event = "told of a loss"
	failed    event = "connections that failed"
	broken    event = "gaps that nobody told"
)

func (t *tally) add(e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[event]int{}
	}
	t.counts[e]++
}

func (t *tally) count(e event) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[e]
}

// wrong notes that what Hawser promises was not so.
func (t *tally) wrong(err error) {
	log.Print(err)
	t.add(broken)
}
