package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/inset"
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
	r := &results{Runs: 3, Load: &load{Processors: 8, Before: 0.5, After: 3}}
	r.Trials = append(r.Trials, trials("clean", floorName, 2, 2.5, 3)...)
	r.Trials = append(r.Trials, trials("clean", hawserName, 7, 6, 4)...)
	r.Trials = append(r.Trials, trials("dropped", hawserName, 299, 1, 12345)...)
	r.Trials = append(r.Trials, trials("dropped", "centrifuge", never, never, never)...)
	r.Trials = append(r.Trials, trials("dropped", "socketio", never, 10, never)...)
	r.Trials = append(r.Trials, outcome{Scenario: "frozen", Contender: "ws", Run: 1, Error: "no such thing"})
	got := page(r)
	for _, want := range []string{
		"| load average | 0.50 before the run, 3.00 at its end, on 8 processors |",
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

// TestCommitted compares the pages, as they are, with the results beside which they stand.
func TestCommitted(t *testing.T) {
	r, err := readResults("results.json")
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join("..", docs)
	if page(r) != read(t, docs, "networks.md") {
		t.Error("docs/networks.md is not of results.json: go run ./networks -draw")
	}
	committed := read(t, docs, "comparison.md")
	if filled, err := inset.Fill(committed, "networks", comparison(r)); err != nil || filled != committed {
		t.Error("docs/comparison.md is not of results.json: go run ./networks -draw", err)
	}
	for name, c := range map[string]chart.Grouped{"networks.svg": picture(r), comparisonPicture: comparisonChart(r)} {
		if c.SVG() != read(t, docs, "images", name) {
			t.Errorf("docs/images/%s is not of results.json: go run ./networks -draw", name)
		}
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestComparison(t *testing.T) {
	r := &results{Date: "2026-01-02", Runs: 2}
	r.Trials = append(r.Trials, trials("dropped", hawserName, 299, 1)...)
	r.Trials = append(r.Trials, trials("dropped", "socketio-websocket", never, never)...)
	r.Trials = append(r.Trials,
		outcome{Scenario: "half-open", Contender: hawserName, Run: 1, Measures: measures{lost: 0, ofSent: 3000}},
		outcome{Scenario: "half-open", Contender: "socketio", Run: 1, Measures: measures{lost: 1234, ofSent: 3000}})
	got := comparison(r)
	for _, want := range []string{
		"2026-01-02): medians of 2 runs.",
		"| a WebSocket's frames vanish | 150 | – | never (40 s) |",
		"| half-open, five times in 30 s | 0 of 3,000 | 1,234 of 3,000 | – |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the comparison lacks %q:\n%s", want, got)
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
	for _, w := range slices.Concat(times, losses, waits, missing) {
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
