package memory

import (
	"container/list"
	"maps"
	"slices"
	"sync"
)

// A shard holds the topics whose names hash to it, so that finding one rarely waits for another.
type shard struct {
	mu      sync.RWMutex
	topics  map[string]*topic
	idle    list.List // of *topic without subscribers, the longest unused first
	maxIdle int
}

// lock returns the topic of that name, made if need be, with its mutex held.
func (s *shard) lock(name string) *topic {
	for {
		t := s.find(name)
		if t == nil {
			t = s.open(name)
		}
		t.mu.Lock()
		if t.at.Epoch != "" {
			return t
		}
		t.mu.Unlock() // it was forgotten since it was found
	}
}

func (s *shard) find(name string) *topic {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.topics[name]
}

func (s *shard) open(name string) *topic {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.topics[name]
	if t == nil {
		t = newTopic(name)
		t.idle = s.idle.PushBack(t)
		s.topics[name] = t
	}
	return t
}

func (s *shard) all() []*topic {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.topics))
}

// release unlocks t, which was used. If nobody subscribes to it, it is now the last used of the idle topics, and the longest unused beyond the bound are
// forgotten.
func (s *shard) release(t *topic) {
	if len(t.subscribers) > 0 {
		t.mu.Unlock()
		return
	}
	if t.at.Epoch != "" {
		s.place(t)
	}
	t.mu.Unlock()
	for {
		longest := s.surplus()
		if longest == nil {
			return
		}
		s.forget(longest)
	}
}

// place puts t, whose mutex is held, among the idle topics, as the last used, if it has no subscribers, and takes it out of them if it has.
func (s *shard) place(t *topic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case t.idle == nil && len(t.subscribers) == 0:
		t.idle = s.idle.PushBack(t)
	case t.idle != nil && len(t.subscribers) == 0:
		s.idle.MoveToBack(t.idle)
	case t.idle != nil:
		s.idle.Remove(t.idle)
		t.idle = nil
	}
}

func (s *shard) surplus() *topic {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.idle.Len() <= s.maxIdle {
		return nil
	}
	return s.idle.Front().Value.(*topic)
}

// forget ends the epoch of t, unless in the meantime somebody subscribed or the bound is kept already.
func (s *shard) forget(t *topic) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.idle == nil || s.idle.Len() <= s.maxIdle {
		return
	}
	s.idle.Remove(t.idle)
	t.idle, t.kept = nil, nil
	t.at.Epoch = ""
	delete(s.topics, t.name)
}
