package main

import (
	"context"
	"fmt"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/process"
)

// A tour takes all contenders through the scenarios, run after run.
type tour struct {
	ctx      context.Context
	binaries string
	began    time.Time
	stage    *stage

	mu      sync.Mutex // guards what follows
	servers map[string]*process.Server
	results *results
}

func newTour(ctx context.Context, binaries string, r *results) *tour {
	return &tour{ctx: ctx, binaries: binaries, began: time.Now(), stage: newStage(), servers: map[string]*process.Server{}, results: r}
}

func (t *tour) stop() {
	for _, s := range t.servers {
		s.Stop()
	}
}

// run runs each scenario once: the quick ones one trial at a time, except that a trial that has long been without success waits beside the others; and then
// all others together, for they take long and do little.
func (t *tour) run(n int, chosen []scenario) error {
	var trials sync.WaitGroup
	defer trials.Wait()
	for _, quick := range []bool{true, false} {
		for _, s := range chosen {
			if s.quick != quick {
				continue
			}
			for _, c := range s.contenders() {
				server, err := t.server(c)
				if err != nil {
					return err
				}
				began := make(chan struct{})
				trials.Go(func() { t.try(n, s, c, server, began) })
				<-began // in the order of the table
			}
		}
		// A flow would take the milliseconds of those that are still on the stage.
		t.stage.enter()(0)
	}
	return nil
}

// server returns the contender's server, which is started for the first and lasts until the end.
func (t *tour) server(c contender) (*process.Server, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.servers[c.name]; s != nil {
		return s, nil
	}
	s, err := process.Start(t.ctx, "", c.command(t.binaries))
	if err == nil {
		t.servers[c.name] = s
	}
	return s, err
}

// longest is how long a trial may take. None does that does not hang.
const longest = 3 * time.Minute

func (t *tour) try(n int, s scenario, c contender, server *process.Server, began chan<- struct{}) {
	ctx, cancel := context.WithTimeout(t.ctx, longest)
	defer cancel()
	leave := t.stage.enter()
	close(began)
	defer leave(0)
	trial := &trial{ctx: ctx, contender: c, server: server, faults: s.faults, run: fmt.Sprintf("%s-%s-%d", s.name, c.name, n), leave: leave}
	o := outcome{Scenario: s.name, Contender: c.name, Run: n}
	m, err := s.experiment.run(trial)
	if t.ctx.Err() != nil {
		return
	}
	if o.Measures = m; err != nil {
		o.Measures, o.Error = nil, err.Error()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.results.Trials = append(t.results.Trials, o)
	log.Printf("%5.0fs  run %d  %-11s %-19s %s", time.Since(t.began).Seconds(), n, s.name, c.name, line(o))
}

// line says what came of a trial, for whoever watches.
func line(o outcome) string {
	if o.Error != "" {
		return "FAILED: " + o.Error
	}
	var parts []string
	for _, m := range []measure{firstMessage, movedUp, longestGap, lost, doubled, reordered, ofSent, rate} {
		if v, ok := o.Measures[m]; ok {
			text := "never"
			if !v.isNever() {
				text = chart.Number(float64(v))
			}
			parts = append(parts, string(m)+" "+text)
		}
	}
	return strings.Join(parts, ", ")
}
