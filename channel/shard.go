package channel

import "sync"

const shards = 64

// A shard holds the channels whose names hash to it, so that finding one rarely waits for another.
type shard struct {
	mu       sync.RWMutex
	channels map[string]*state // those with members, or with some that join
}

func (s *shard) find(name string) *state {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.channels[name]
}

func (s *shard) len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.channels)
}

// open returns the channel of that name, and whether it was made, so that the caller has to subscribe.
func (s *shard) open(h *Hub, name string) (st *state, made bool) {
	if st := s.find(name); st != nil {
		return st, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.channels[name]; st != nil {
		return st, false
	}
	st = newState(h, name)
	s.channels[name] = st
	return st, true
}

// remove takes st out, unless there is a newer one of its name.
func (s *shard) remove(st *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.channels[st.name] == st {
		delete(s.channels, st.name)
	}
}
