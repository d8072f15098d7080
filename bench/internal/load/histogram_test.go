package load

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var h, other histogram
	for i := range 1000 {
		half := &h
		if i%2 == 0 {
			half = &other
		}
		half.add(time.Duration(i+1) * time.Millisecond)
	}
	h.merge(&other)
	l := h.latency()
	for _, c := range []struct{ got, want time.Duration }{
		{l.P50, 500 * time.Millisecond}, {l.P99, 990 * time.Millisecond}, {l.Max, time.Second},
	} {
		if off := float64(c.got-c.want) / float64(c.want); off > 0.02 || off < -0.02 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestStepsGrow(t *testing.T) {
	for d := time.Duration(1); d < time.Hour; d += d/3 + 1 {
		if v := value(step(d)); v > d || float64(d-v) > float64(d)/60 {
			t.Fatalf("%v counts as %v", d, v)
		}
	}
}
