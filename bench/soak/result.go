package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// A result is one run.
type result struct {
	Machine, Commit, Date string
	Members               int
	For                   time.Duration
	Growth                float64 // that is allowed
	Seed                  uint64

	Before  sample // before anybody came
	Samples []sample
	After   sample // when all had left
	tally   tally
}

func resident(s sample) float64 { return mega(s.RSS) }
func live(s sample) float64     { return mega(s.Live) }

// trend fits a line through what of returns of the samples of the second half, and returns its ends.
func (r *result) trend(of func(sample) float64) (half, end float64) {
	second := r.Samples[len(r.Samples)/2:]
	var n, x, y, xx, xy float64
	for _, s := range second {
		at, v := s.At.Seconds(), of(s)
		n, x, y, xx, xy = n+1, x+at, y+v, xx+at*at, xy+at*v
	}
	if n < 2 {
		return math.NaN(), math.NaN()
	}
	slope := (n*xy - x*y) / (n*xx - x*x)
	at := func(s sample) float64 { return y/n + slope*(s.At.Seconds()-x/n) }
	return at(second[0]), at(second[len(second)-1])
}

// left is the most that may be there after all have left beyond what was before, in MB: pools, and tables that were large once.
const left = 8

// verdict says what is not as it should be.
func (r *result) verdict() error {
	var all []error
	for _, m := range []struct {
		name string
		of   func(sample) float64
	}{{"resident memory", resident}, {"live heap", live}} {
		half, end := r.trend(m.of)
		if !(end <= half*r.Growth) {
			all = append(all, fmt.Errorf("%s grew from %.1f to %.1f MB in the second half", m.name, half, end))
		}
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
	rss, rssEnd := r.trend(resident)
	heap, heapEnd := r.trend(live)
	return fmt.Sprintf("%d members, %v: resident %.1f → %.1f MB, live heap %.1f → %.1f MB in the second half; "+
		"all left: %.1f MB live (before: %.1f), %d goroutines (%d); %d sessions, %d messages, %d gaps that nobody told",
		r.Members, r.For, rss, rssEnd, heap, heapEnd, live(r.After), live(r.Before), r.After.Goroutines, r.Before.Goroutines,
		r.tally.count(began), r.tally.count(received), r.tally.count(broken))
}

// outcome is the verdict as a sentence.
func (r *result) outcome() string {
	if err := r.verdict(); err != nil {
		return "**This run failed**: " + strings.ReplaceAll(err.Error(), "\n", "; ") + "."
	}
	return "This run passed."
}
