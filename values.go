package hawser

import (
	"encoding/json"
	"fmt"
)

func (s *clientSession) Set(key string, value any) error {
	var encoded []byte
	if value != nil {
		var err error
		if encoded, err = json.Marshal(value); err != nil {
			return fmt.Errorf("hawser: the value %q cannot be kept: %w", key, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case value == nil:
		delete(s.values, key)
	case s.values == nil:
		s.values = map[string][]byte{key: encoded}
	default:
		s.values[key] = encoded
	}
	return nil
}

func (s *clientSession) Get(key string, v any) (bool, error) {
	s.mu.Lock()
	encoded, ok := s.values[key]
	s.mu.Unlock()
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(encoded, v)
}
