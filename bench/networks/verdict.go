package main

import "slices"

// Arrivals are numbers in the order in which they came, and when, in ms.
type arrivals struct {
	N  []int     `json:"n"`
	At []float64 `json:"at"`
}

// A verdict is what became of numbers that were sent in order, from 1.
type verdict struct {
	sent, lost, doubled, reordered int
	gap                            float64 // the longest time in which none came, in ms
	rate                           float64 // different ones a second
}

// judge compares what arrived with what was sent. sent 0: as many as the highest that arrived.
func judge(a arrivals, sent int) verdict {
	v := verdict{sent: sent}
	if len(a.N) == 0 {
		v.lost, v.gap = sent, float64(never)
		return v
	}
	if sent == 0 {
		v.sent = slices.Max(a.N)
	}
	seen := map[int]bool{}
	highest := 0
	for i, n := range a.N {
		switch {
		case seen[n]:
			v.doubled++
		case n < highest:
			v.reordered++
		}
		seen[n] = true
		highest = max(highest, n)
		if i > 0 {
			v.gap = max(v.gap, a.At[i]-a.At[i-1])
		}
	}
	v.lost = v.sent - len(seen)
	if span := a.At[len(a.At)-1] - a.At[0]; span > 0 {
		v.rate = float64(len(seen)) / span * 1000
	}
	return v
}

// and adds what became of another direction.
func (v verdict) and(o verdict) verdict {
	return verdict{
		v.sent + o.sent, v.lost + o.lost, v.doubled + o.doubled, v.reordered + o.reordered, max(v.gap, o.gap), v.rate + o.rate,
	}
}

// measures are the verdict's.
func (v verdict) measures() measures {
	return measures{
		lost: value(v.lost), doubled: value(v.doubled), reordered: value(v.reordered), longestGap: value(v.gap), rate: value(v.rate),
		ofSent: value(v.sent),
	}
}
