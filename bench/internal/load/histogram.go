package load

import (
	"math/bits"
	"time"
)

// A histogram counts durations, 64 steps to each power of two of nanoseconds: 1.6% of error at the most.
type histogram struct {
	counts [64 * 64]uint64
	total  uint64
}

func step(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < 64 {
		return int(n)
	}
	power := bits.Len64(n) - 7
	return (power+1)<<6 | int(n>>power)&63
}

// value returns the lowest duration of a step.
func value(step int) time.Duration {
	power := step>>6 - 1
	if power < 0 {
		return time.Duration(step)
	}
	return time.Duration(step&63|64) << power
}

func (h *histogram) add(d time.Duration) {
	h.counts[step(d)]++
	h.total++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range &other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// at returns the duration that the given share of all is not above.
func (h *histogram) at(share float64) time.Duration {
	wanted := uint64(share * float64(h.total))
	var seen uint64
	last := 0
	for i, n := range &h.counts {
		if n == 0 {
			continue
		}
		last = i
		if seen += n; seen > wanted {
			break
		}
	}
	return value(last)
}

func (h *histogram) latency() *Latency {
	return &Latency{P50: h.at(.5), P90: h.at(.9), P99: h.at(.99), P999: h.at(.999), Max: h.at(1)}
}
