package report

import (
	"math"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/load"
	"github.com/hawser-go/hawser/bench/internal/spread"
)

// quietAndSlow returns the 99th percentiles of a trial with pairs of measurements: without a member that does
// not read, and with it.
func quietAndSlow(t Trial) (without, with []float64) {
	silent := false
	for _, p := range t.Result.Phases {
		switch p.Kind {
		case load.Hush:
			silent = true
		case load.Cut:
			silent = false
		case load.Paced:
			if silent {
				with = append(with, p99(t, p))
			} else {
				without = append(without, p99(t, p))
			}
		}
	}
	return without, with
}

// slowdown is the median of the pairs' ratios.
func slowdown(t Trial) float64 {
	without, with := quietAndSlow(t)
	var ratios []float64
	for i := range min(len(without), len(with)) {
		ratios = append(ratios, with[i]/without[i])
	}
	return spread.Of(ratios).Median
}

func medianP99(t Trial, silent bool) float64 {
	without, with := quietAndSlow(t)
	if silent {
		return spread.Of(with).Median
	}
	return spread.Of(without).Median
}

func lastUsage(t Trial) control.Usage {
	if len(t.Result.Phases) == 0 {
		return control.Usage{RSS: math.MinInt64}
	}
	return t.Result.Phases[len(t.Result.Phases)-1].Usage
}
