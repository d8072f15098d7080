package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hawser-go/hawser/bench/internal/spread"
)

// Results are all that was measured, and where.
type results struct {
	Command  string
	Date     string
	Commit   string
	Machine  string
	Versions []string
	Load     *load `json:",omitempty"` // nil: not recorded
	Runs     int
	Seconds  int // that it took
	Trials   []outcome
}

// A load is what the machine had to do before the run and at its end: averages over a minute. What the run itself does is in the second.
type load struct {
	Processors    int
	Before, After value
}

func (l *load) String() string {
	if l == nil {
		return "not recorded in this run"
	}
	return fmt.Sprintf("%.2f before the run, %.2f at its end, on %d processors", l.Before, l.After, l.Processors)
}

// An outcome is what came of one trial.
type outcome struct {
	Scenario, Contender string
	Run                 int
	Measures            measures `json:",omitempty"`
	Error               string   `json:",omitempty"` // of the harness; the trial counts nowhere then
}

// of returns a measure of a contender in a scenario, over the runs.
func (r *results) of(scenario, contender string, m measure) spread.Spread {
	var values []float64
	for _, t := range r.Trials {
		if v, ok := t.Measures[m]; ok && t.Scenario == scenario && t.Contender == contender {
			values = append(values, float64(v))
		}
	}
	return spread.Of(values)
}

// ratio returns a measure of a contender in one scenario for each of it in another, run by run.
func (r *results) ratio(scenario, base, contender string, m measure) spread.Spread {
	var values []float64
	for _, t := range r.Trials {
		for _, b := range r.Trials {
			if t.Contender == contender && b.Contender == contender && t.Run == b.Run && t.Scenario == scenario && b.Scenario == base && b.Measures[m] > 0 {
				values = append(values, float64(t.Measures[m]/b.Measures[m]))
			}
		}
	}
	return spread.Of(values)
}

func (r *results) write(file string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func readResults(file string) (*results, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := &results{}
	return r, json.Unmarshal(text, r)
}
