package doctor

import (
	"fmt"
	"time"
)

// round makes a duration fit to be read.
func round(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

func perSecond(rate int) string {
	if rate == 0 {
		return "too fast to measure"
	}
	return fmt.Sprintf("%.1f KB/s", float64(rate)/1000)
}
