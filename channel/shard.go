package channel

import (
	"container/list"
	"sync"
)

// A shard holds the channels whose names hash to it, so that finding one rarely waits for another.
type shard struct {
	mu       sync.RWMutex
	channels map[string]*state
	idle     list.List // of *state without members, the longest unused first
	maxIdle  int
}

// lock returns the channel of that name, made if need be, with its mutex held. The error is a *NameError.
func (s *shard) lock(name string) (*state, error) {
	for {
		st := s.find(name)
		if st == nil {
			if err := ValidName(name); err != nil {
				return nil, err
			}
			st = s.open(name)
		}
		if st.lockLive() {
			return st, nil
		}
	}
}

func (s *shard) find(name string) *state {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.channels[name]
}

func (s *shard) open(name string) *state {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.channels[name]
	if st == nil {
		st = &state{name: name, position: Position{Epoch: newEpoch()}}
		st.idle = s.idle.PushBack(st)
		s.channels[name] = st
	}
	return st
}

// touch puts st, whose mutex is held, where it belongs: if it has no members among the idle ones, as the last used.
func (s *shard) touch(st *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case st.idle == nil && len(st.groups) == 0:
		st.idle = s.idle.PushBack(st)
	case st.idle != nil && len(st.groups) == 0:
		s.idle.MoveToBack(st.idle)
	case st.idle != nil:
		s.idle.Remove(st.idle)
		st.idle = nil
	}
}

// trim forgets the longest unused of the idle channels beyond the bound. No mutex is held by the caller.
func (s *shard) trim() {
	for {
		st := s.surplus()
		if st == nil {
			return
		}
		s.forget(st)
	}
}

func (s *shard) surplus() *state {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.idle.Len() <= s.maxIdle {
		return nil
	}
	return s.idle.Front().Value.(*state)
}

// forget ends the epoch of st, unless in the meantime somebody joined or the bound is kept already.
func (s *shard) forget(st *state) {
	st.mu.Lock()
	defer st.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.idle == nil || s.idle.Len() <= s.maxIdle {
		return
	}
	s.idle.Remove(st.idle)
	st.idle = nil
	st.position = Position{}
	delete(s.channels, st.name)
}
