package report

import (
	"fmt"
	"strings"

	"github.com/hawser-go/hawser/bench/internal/load"
)

// Line says what came of a trial, for whoever watches.
func Line(t Trial) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-17s %-18s", t.Workload, t.Server)
	if t.Result.Connect.Count > 0 {
		fmt.Fprintf(&b, " %6.1fk connects/CPU-s", perCPU(t.Result.Connect)/1e3)
	}
	for _, p := range t.Result.Phases {
		switch p.Kind {
		case load.Hush, load.Cut:
		case load.Paced:
			fmt.Fprintf(&b, " | p50 %.2f p99 %.2f ms", ms(p.Latency.P50), ms(p.Latency.P99))
		case load.FanOut, load.Calls, load.Resume:
			fmt.Fprintf(&b, " | %.0fk/CPU-s (server %.1f, load %.1f cores)",
				perCPU(p)/1e3, p.ServerCPU/p.Seconds, p.LoadCPU/p.Seconds)
		case load.Idle:
			fmt.Fprintf(&b, " | %.1f KB, %d goroutines", perConnection(t, p), p.Usage.Goroutines)
		}
	}
	if t.Others > 0.2 {
		fmt.Fprintf(&b, " | others %.1f cores", t.Others)
	}
	if t.Result.Error != "" {
		fmt.Fprintf(&b, " | FAILED: %s", t.Result.Error)
	}
	return b.String()
}

func perCPU(m load.Measured) float64 { return float64(m.Count) / m.ServerCPU }

// perConnection returns how much memory a connection takes, in KB.
func perConnection(t Trial, m load.Measured) float64 {
	return float64(m.Usage.RSS-t.Result.Before.RSS) / 1024 / float64(t.Connections)
}
