package hawser

import "sync"

// A stock is items that nobody uses, for who needs some. They are lent a chain at a time, as they are given back.
type stock struct{ first *item }

var stocks sync.Pool // of chains, by their first item

// take returns an item, which is empty.
func (s *stock) take() *item {
	if s.first == nil {
		s.first, _ = stocks.Get().(*item)
	}
	i := s.first
	if i == nil {
		return &item{}
	}
	s.first, i.next = i.next, nil
	return i
}

// giveBack gives back what was not taken.
func (s *stock) giveBack() {
	if s.first != nil {
		stocks.Put(s.first)
		s.first = nil
	}
}

// release gives back items that were handled.
func (c chain) release() {
	for i := c.first; i != nil; i = i.next {
		*i = item{next: i.next}
	}
	s := stock{c.first}
	s.giveBack()
}
