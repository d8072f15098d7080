package main

import "testing"

func TestSeat(t *testing.T) {
	yes, no := true, false
	s := &seat{channel: "c"}
	s.ask(1)
	if lost, err := s.admitted(place{Epoch: "e", Offset: 4}); lost || err != nil {
		t.Fatal(lost, err)
	}
	if err := s.message(5); err != nil {
		t.Error(err)
	}
	for _, offset := range []uint64{5, 7} {
		if s.message(offset) == nil {
			t.Errorf("%d after 5 is right", offset)
		}
	}
	s.ask(2)
	if err := s.message(9); err != nil {
		t.Error("of the membership before: ", err)
	}
	for _, wrong := range []place{{Epoch: "e", Offset: 5}, {Epoch: "e", Offset: 6, Recovered: &yes}, {Epoch: "f", Offset: 5, Recovered: &yes}} {
		if _, err := s.admitted(wrong); err == nil {
			t.Error(wrong, " is right")
		}
	}
	if lost, err := s.admitted(place{Epoch: "f", Offset: 9, Recovered: &no}); !lost || err != nil {
		t.Error(lost, err)
	}
}
