package main

import (
	"fmt"

	"github.com/hawser-go/hawser/codec"
)

// A seat is a member's place in a channel: what it has seen of it.
type seat struct {
	channel string
	epoch   string
	offset  uint64
	join    uint64 // the id of a join that waits for its answer, or 0
	in      bool
}

// ask returns a join from where the seat is.
func (s *seat) ask(id uint64) *codec.Packet {
	s.join, s.in = id, false
	return &codec.Packet{Kind: codec.KindJoin, ID: id, Channel: s.channel, Epoch: s.epoch, Offset: s.offset}
}

// place is the data of the answer.
type place struct {
	Epoch     string `json:"epoch"`
	Offset    uint64 `json:"offset"`
	Recovered *bool  `json:"recovered"`
}

// admitted takes the answer. lost says that messages were lost, and that it was told.
func (s *seat) admitted(at place) (lost bool, err error) {
	switch named := s.epoch != ""; {
	case named != (at.Recovered != nil):
		return false, fmt.Errorf("%s: recovered is %v, and a position was named: %v", s.channel, at.Recovered, named)
	case named && *at.Recovered && (at.Epoch != s.epoch || at.Offset != s.offset):
		return false, fmt.Errorf("%s: recovered at %s/%d, not at %s/%d", s.channel, at.Epoch, at.Offset, s.epoch, s.offset)
	case named && !*at.Recovered:
		lost = true
	}
	s.epoch, s.offset, s.join, s.in = at.Epoch, at.Offset, 0, true
	return lost, nil
}

// message takes one. What comes before the answer to a join is of the membership before.
func (s *seat) message(offset uint64) error {
	if !s.in {
		return nil
	}
	if offset != s.offset+1 {
		return fmt.Errorf("%s: message %d after %d", s.channel, offset, s.offset)
	}
	s.offset = offset
	return nil
}
