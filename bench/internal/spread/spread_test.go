package spread

import (
	"math"
	"testing"
)

func TestOf(t *testing.T) {
	never := math.Inf(1)
	for _, c := range []struct {
		values            []float64
		median, low, high float64
	}{
		{[]float64{3}, 3, 3, 3},
		{[]float64{3, 1, 2}, 2, 1, 3},
		{[]float64{4, 1, 3, 2}, 2.5, 1, 4},
		{[]float64{math.NaN(), 7, math.NaN(), 5}, 6, 5, 7},
		{[]float64{never, 2, 1}, 2, 1, never},
		{[]float64{never, 2, never}, never, 2, never},
		{[]float64{never, never}, never, never, never},
	} {
		if s := Of(c.values); s != (Spread{c.median, c.low, c.high}) {
			t.Errorf("%v: %v", c.values, s)
		}
	}
	if s := Of(nil); !s.Missing() {
		t.Errorf("nothing has the median %v", s.Median)
	}
}
