package main

import (
	"encoding/json"
	"reflect"
	"testing"
)

// steady returns arrivals of numbers, 20 ms apart.
func steady(n ...int) arrivals {
	a := arrivals{N: n}
	for i := range n {
		a.At = append(a.At, float64(20*i))
	}
	return a
}

func TestJudge(t *testing.T) {
	late := steady(1, 2, 3)
	late.At[2] = 1500
	for name, c := range map[string]struct {
		arrived arrivals
		sent    int
		want    verdict
	}{
		"all":            {steady(1, 2, 3), 3, verdict{sent: 3, gap: 20, rate: 75}},
		"some lost":      {steady(1, 4), 5, verdict{sent: 5, lost: 3, gap: 20, rate: 100}},
		"nobody counted": {steady(1, 4), 0, verdict{sent: 4, lost: 2, gap: 20, rate: 100}},
		"doubled":        {steady(1, 2, 1, 2, 3), 3, verdict{sent: 3, doubled: 2, gap: 20, rate: 37.5}},
		"reordered":      {steady(1, 3, 2), 3, verdict{sent: 3, reordered: 1, gap: 20, rate: 75}},
		"a gap":          {late, 3, verdict{sent: 3, gap: 1480, rate: 2}},
		"nothing":        {arrivals{}, 3, verdict{sent: 3, lost: 3, gap: float64(never)}},
		"only one":       {steady(1), 1, verdict{sent: 1}},
	} {
		if got := judge(c.arrived, c.sent); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestBothWays(t *testing.T) {
	got := verdict{3, 1, 2, 3, 100, 5}.and(verdict{4, 5, 6, 7, 50, 6})
	if want := (verdict{7, 6, 8, 10, 100, 11}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestMeasuresAsJSON(t *testing.T) {
	want := outcome{Scenario: "s", Contender: "c", Run: 2, Measures: measures{firstMessage: 12.5, movedUp: never, lost: 0}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got outcome
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v, %v", text, got, err)
	}
	if json.Unmarshal([]byte(`{"Measures":{"lost":"often"}}`), &got) == nil {
		t.Error("often is no number")
	}
}
