package main

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A run is rounds: in each the members stir for a while, and then rest, so that they can be measured when there is the same number of them and everything
// of the past is over.
const (
	stirs = 30 * time.Second
	rests = 17 * time.Second // and the looks
	round = stirs + rests + looks*time.Second
)

// fewest is how many rounds a run has at least.
const fewest = 4

// A course is how something goes at rest from the first third of a run to its last, after a quarter of it for warming up.
type course struct {
	From, To float64 // the middle ones of the first third and of the last
	Noise    float64 // how far those of one third are apart, of the two
	Spread   float64 // how far all are apart
}

// courseOf returns the course of what of returns of samples, one for each round.
func courseOf(samples []sample, of func(sample) float64) course {
	if len(samples) < fewest {
		return course{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	}
	var all []float64
	for _, s := range samples[len(samples)/4:] {
		all = append(all, of(s))
	}
	third := len(all) / 3
	first, last := all[:third], all[len(all)-third:]
	return course{
		From: median(first), To: median(last),
		Noise: max(apart(first), apart(last)), Spread: apart(all),
	}
}

// growth is how much more there is in the last third than in the first, as a share.
func (c course) growth() float64 { return c.To/c.From - 1 }

// noise is Noise as a share.
func (c course) noise() float64 { return c.Noise / c.From }

func median[T cmp.Ordered](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func apart(all []float64) float64 { return slices.Max(all) - slices.Min(all) }
