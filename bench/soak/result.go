package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A result is one run.
type result struct {
	Machine, Commit, Date string
	Members               int
	For                   time.Duration
	Seed                  uint64
	Leak                  int // bytes of each session, on purpose

	Before sample   // before anybody came
	Stirs  []sample // at the end of each time that the members stirred
	Rests  []sample // at the end of each rest
	After  sample   // when all had left
	tally  tally
}

func resident(s sample) float64 { return mega(s.RSS) }
func live(s sample) float64     { return mega(s.Live) }
func objects(s sample) float64  { return float64(s.Objects) / 1e3 }

// A measure is something that must not grow.
type measure struct {
	name, unit string
	of         func(sample) float64
	allowed    float64 // growth, as a share
}

// measures: objects on the heap are what a leak leaves, and so many members have the same. Their bytes see what grows without being more; tables, which only
// ever grow, are among them. What the system has given for them depends also on where on the heap they happen to lie.
var measures = []measure{{"objects on the heap", "thousand", objects, 0.01}, {"live heap", "MB", live, 0.02}, {"resident memory", "MB", resident, 0.05}}

// verdict returns what is wrong with a course.
func (m measure) verdict(c course) error {
	switch {
	case c.growth() > m.allowed:
		return fmt.Errorf("%s grew from %.2f to %.2f %s", m.name, c.From, c.To, m.unit)
	case !(c.noise() <= m.allowed): // not a number, if there are too few
		return fmt.Errorf("%s cannot be judged: within a third of the run it differs by %.1f %%", m.name, 100*c.noise())
	}
	return nil
}

// left is the most that may be there after all have left beyond what was before, in MB: a thousand idle channels, what the runtime keeps of goroutines, and
// tables as large as they ever had to be.
const left = 4

// verdict says what is not as it should be.
func (r *result) verdict() error {
	var all []error
	for _, m := range measures {
		all = append(all, m.verdict(courseOf(r.Rests, m.of)))
	}
	if n := r.tally.count(broken); n > 0 {
		all = append(all, fmt.Errorf("%d promises were broken", n))
	}
	if !r.After.emptyAs(r.Before) {
		all = append(all, fmt.Errorf("when all had left there was %v, and before %v", r.After, r.Before))
	}
	if grown := live(r.After) - live(r.Before); grown > left {
		all = append(all, fmt.Errorf("%.1f MB of the heap stayed when all had left", grown))
	}
	return errors.Join(all...)
}

// line is the result in a line.
func (r *result) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d members, %v:", r.Members, r.For)
	for _, m := range measures {
		c := courseOf(r.Rests, m.of)
		fmt.Fprintf(&b, " %s %.2f → %.2f %s (%+.2f %%, noise %.2f %%);", m.name, c.From, c.To, m.unit, 100*c.growth(), 100*c.noise())
	}
	fmt.Fprintf(&b, " all left: %.2f MB live (before: %.2f), %d goroutines (%d); %d sessions, %d messages, %d gaps that nobody told",
		live(r.After), live(r.Before), r.After.Goroutines, r.Before.Goroutines,
		r.tally.count(began), r.tally.count(received), r.tally.count(broken))
	return b.String()
}

// outcome is the verdict as a sentence.
func (r *result) outcome() string {
	if err := r.verdict(); err != nil {
		return "**This run failed**: " + strings.ReplaceAll(err.Error(), "\n", "; ") + "."
	}
	return "This run passed."
}
