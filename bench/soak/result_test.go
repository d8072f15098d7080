package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// grows is a run of 2 samples a minute, with so much on the heap in the second half's first and last.
func grows(from, to float64) *result {
	r := &result{Growth: 1.05}
	for i := range 20 {
		s := sample{At: time.Duration(i) * 30 * time.Second}
		s.RSS = 80e6
		s.Live = int64(1e6 * (from + (to-from)*float64(i-10)/9))
		r.Samples = append(r.Samples, s)
	}
	return r
}

func TestVerdict(t *testing.T) {
	leaked := grows(20, 20)
	leaked.After.Sessions = 1
	heavy := grows(20, 20)
	heavy.After.Live = 9e6
	silent := grows(20, 20)
	silent.tally.wrong(errors.New("a gap"))
	for name, c := range map[string]struct {
		run  *result
		says string // "": nothing
	}{
		"flat":                {grows(20, 20), ""},
		"less":                {grows(20, 10), ""},
		"a little more":       {grows(20, 20.8), ""},
		"more":                {grows(20, 21.2), "live heap grew from 20.0 to 21.2 MB"},
		"too short":           {&result{Growth: 1.05, Samples: make([]sample, 2)}, "grew from NaN"},
		"a session is left":   {leaked, "1 sessions"},
		"much is left":        {heavy, "9.0 MB of the heap stayed"},
		"a gap nobody told":   {silent, "1 promises were broken"},
		"the first half only": {func() *result { r := grows(20, 20); r.Samples[0].Live = 1; return r }(), ""},
	} {
		err := c.run.verdict()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

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
