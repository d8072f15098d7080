package main

import (
	"strings"
	"testing"

	"github.com/hawser-go/hawser/internal/netlab"
)

// trials returns an outcome a value, of a first message.
func trials(scenario, contender string, values ...value) []outcome {
	var all []outcome
	for i, v := range values {
		all = append(all, outcome{Scenario: scenario, Contender: contender, Run: i + 1, Measures: measures{firstMessage: v}})
	}
	return all
}

func TestPage(t *testing.T) {
	r := &results{Runs: 3}
	r.Trials = append(r.Trials, trials("clean", floorName, 2, 2.5, 3)...)
	r.Trials = append(r.Trials, trials("clean", hawserName, 7, 6, 4)...)
	r.Trials = append(r.Trials, trials("dropped", hawserName, 299, 1, 12345)...)
	r.Trials = append(r.Trials, trials("dropped", "centrifuge", never, never, never)...)
	r.Trials = append(r.Trials, trials("dropped", "socketio", never, 10, never)...)
	r.Trials = append(r.Trials, outcome{Scenario: "frozen", Contender: "ws", Run: 1, Error: "no such thing"})
	got := page(r)
	for _, want := range []string{
		"| nothing is wrong | **6 (4–7)** | – | – | – | at most 2 × 2.50, of a bare `ws` | missed |",
		"| 101, then frames vanish | **299 (1–12,345)** | never (40 s) (10–never (40 s)) | – | never (40 s) | at most 300 | reached |",
		"- nothing is wrong: 6 (4–7) instead of at most 2 × 2.50",
		"| 100 ms round trip | **–** | – | – | – | at most 2 round trips + 25 | not measured |",
		"- run 1, frozen, ws: no such thing. This trial counts nowhere.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q:\n%s", want, got)
		}
	}
}

func TestRatio(t *testing.T) {
	r := &results{}
	for _, o := range []struct {
		scenario string
		run      int
		rate     value
	}{{"reset", 1, 90}, {"uncut", 1, 100}, {"uncut", 2, 50}, {"reset", 2, 50}, {"reset", 3, 10}} {
		r.Trials = append(r.Trials, outcome{Scenario: o.scenario, Contender: hawserName, Run: o.run, Measures: measures{rate: o.rate}})
	}
	if s := r.ratio("reset", "uncut", hawserName, rate); s.Low != 0.9 || s.High != 1 {
		t.Errorf("%+v: each run is compared with its own", s)
	}
}

// TestTheTables has each row ask for a scenario and contenders that there are.
func TestTheTables(t *testing.T) {
	for _, w := range append(append([]row{}, times...), losses...) {
		if _, ok := findScenario(w.scenario); !ok {
			t.Errorf("%s: there is no case %q", w.label, w.scenario)
		}
	}
	for _, s := range scenarios {
		if _, err := netlab.Parse(s.faults); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	if fills[hawserName] == "" || len(fills) != len(contenders) {
		t.Error("each contender has a color of its own")
	}
}

func TestChoose(t *testing.T) {
	if all, err := choose(""); err != nil || len(all) != len(scenarios) {
		t.Errorf("%d of %d, %v", len(all), len(scenarios), err)
	}
	if two, err := choose("reset,clean"); err != nil || len(two) != 2 || two[0].name != "reset" {
		t.Errorf("%v, %v", two, err)
	}
	if _, err := choose("nonsense"); err == nil || !strings.Contains(err.Error(), "stalled") {
		t.Errorf("%v does not say what there is", err)
	}
}
