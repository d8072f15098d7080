package hawser_test

import "fmt"

// A chaosSeat is a member's place in a channel, and what it has seen of it.
type chaosSeat struct {
	channel string
	epoch   string
	offset  uint64
	join    uint64 // the id of the join whose answer is waited for; 0: none is
	in      bool   // messages count
	seen    map[uint64]string
}

// message takes one.
func (s *chaosSeat) message(offset uint64, what string) error {
	if !s.in {
		return nil // of the membership before the join that is under way
	}
	if offset != s.offset+1 {
		return fmt.Errorf("%s: %d came after %d", s.channel, offset, s.offset)
	}
	s.offset = offset
	s.seen[offset] = what
	return nil
}

// admitted takes the answer to a join. lost says that it declares messages lost.
func (s *chaosSeat) admitted(at place) (lost bool, err error) {
	named := s.epoch != ""
	switch {
	case named != (at.Recovered != nil):
		return false, fmt.Errorf("%s: a position was named: %v; recovered: %v", s.channel, named, at.Recovered)
	case named && at.Epoch != s.epoch:
		return false, fmt.Errorf("%s: epoch %s instead of %s", s.channel, at.Epoch, s.epoch)
	case named && *at.Recovered && at.Offset != s.offset:
		return false, fmt.Errorf("%s: goes on at %d instead of %d", s.channel, at.Offset, s.offset)
	case named && at.Offset < s.offset:
		return false, fmt.Errorf("%s: goes back to %d from %d", s.channel, at.Offset, s.offset)
	}
	lost = named && !*at.Recovered
	s.epoch, s.offset, s.join, s.in = at.Epoch, at.Offset, 0, true
	return lost, nil
}
