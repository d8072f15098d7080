// Package spread is what several measurements of one thing come to.
package spread

import (
	"math"
	"slices"
)

// A Spread is the median of measurements, the lowest and the highest; NaN without any.
type Spread struct{ Median, Low, High float64 }

// Of returns the spread of values. Those that are not numbers do not count; infinity does, as the highest there is.
func Of(values []float64) Spread {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	slices.Sort(values)
	half := len(values) / 2
	median := values[half]
	if len(values)%2 == 0 {
		median = (values[half-1] + values[half]) / 2
	}
	return Spread{median, values[0], values[len(values)-1]}
}

// Missing reports whether there is no median.
func (s Spread) Missing() bool { return math.IsNaN(s.Median) }
