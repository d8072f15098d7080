package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/load"
)

// fanOut is a trial with one and sixteen in flight, at so many thousands for each CPU-second.
func fanOut(server string, round int, one, many float64, failure string) Trial {
	measured := func(thousands float64) load.Measured {
		return load.Measured{Kind: load.FanOut, Count: int64(thousands * 2000), Seconds: 1, ServerCPU: 2, LoadCPU: 1}
	}
	return Trial{
		Workload: "fan-out-1000", Server: server, Round: round, Connections: 1000,
		Result: load.Result{Error: failure, Phases: []load.Measured{measured(one), measured(many)}},
	}
}

func page(t *testing.T, r *Run) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPage(t *testing.T) {
	r := &Run{Rounds: 3, Trials: []Trial{
		fanOut("floor", 1, 200, 210, ""),
		fanOut("hawser", 1, 150, 1000, ""),
		fanOut("hawser", 2, 140, 3000, ""),
		fanOut("hawser", 3, 130, 2000, ""),
		fanOut("centrifuge", 1, 70, 500, ""),
		fanOut("centrifuge-tuned", 1, 100, 400, ""),
		fanOut("gws", 1, 999, 999, "message 4 came where 3 was to come"),
	}}
	text := page(t, r)
	for _, want := range []string{
		"| raw TCP, one write a delivery | 200 (200–200) | 210 (210–210) | 420 | 2.00 | 1.00 |\n" +
			"| **Hawser, JSON** | 140 (130–150) | 2,000 (1,000–3,000) | 4,000 | 2.00 | 1.00 |\n" +
			"| centrifuge, tuned | 100 ",
		"raw TCP, one write a delivery | at least 0.68 | 0.70 | reached |",
		"K = 1: of centrifuge's best | at least 1.70 | 1.40 | missed |",
		"K = 16: of centrifuge's best | at least 2.60 | 4.00 | reached |",
		"| lxzan/gws | – | – |",
		"1 of 7 trials",
		"- fan-out-1000, gws, round 1: message 4 came where 3 was to come",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "{n}") {
		t.Error("the page has a hole:\n", text)
	}
}

func TestSlowdown(t *testing.T) {
	paced := func(ms int) load.Measured {
		return load.Measured{Kind: load.Paced, Latency: &load.Latency{P99: time.Duration(ms) * time.Millisecond}}
	}
	hush, cut := load.Measured{Kind: load.Hush}, load.Measured{Kind: load.Cut}
	trial := Trial{Result: load.Result{Phases: []load.Measured{
		paced(10), hush, paced(11), cut, paced(20), hush, paced(60), cut, paced(10), hush, paced(20), cut,
	}}}
	if got := slowdown(trial); got != 2 {
		t.Errorf("the median of 1.1, 3 and 2 is %v", got)
	}
}

func TestMemory(t *testing.T) {
	trial := Trial{Connections: 100, Result: load.Result{Before: control.Usage{RSS: 1 << 20}}}
	if got := perConnection(trial, load.Measured{Usage: control.Usage{RSS: 2 << 20}}); got != 10.24 {
		t.Errorf("1 MB for 100 connections is %v KB each", got)
	}
}
