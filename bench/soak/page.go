package main

import (
	_ "embed"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hawser-go/hawser/bench/internal/chart"
)

var (
	//go:embed page.md
	intro string
	//go:embed method.md
	method string
)

// writePage writes soak.md and its picture into a folder.
func writePage(folder string, r *result) error {
	images := filepath.Join(folder, "images")
	if err := os.MkdirAll(images, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(images, "soak.svg"), []byte(picture(r).SVG()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "soak.md"), []byte(page(r)), 0o644)
}

func page(r *result) string {
	var b strings.Builder
	b.WriteString(intro)
	b.WriteString("\n| at rest | first third | last third | growth | allowed | differs within a third by | in the whole run by |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|\n")
	for _, m := range measures {
		c := courseOf(r.Rests, m.of)
		fmt.Fprintf(&b, "| %s, %s | %.2f | %.2f | %+.2f %% | %+.0f %% | %.2f %% | %.2f %% |\n",
			m.name, m.unit, c.From, c.To, 100*c.growth(), 100*m.allowed, 100*c.noise(), 100*c.Spread/c.From)
	}
	fmt.Fprintf(&b, "\n%s\n", r.outcome())
	b.WriteString("\n| | before | at the last, while they stir | at the last rest | when all have left |\n|---|--:|--:|--:|--:|\n")
	stirs, rests := r.Stirs[len(r.Stirs)-1], r.Rests[len(r.Rests)-1]
	row := func(name string, of func(sample) string) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, of(r.Before), of(stirs), of(rests), of(r.After))
	}
	row("sessions", func(s sample) string { return number(s.Server.Sessions) })
	row("ended sessions remembered", func(s sample) string { return number(s.Server.Remembered) })
	row("channels with members", func(s sample) string { return number(s.Server.Channels) })
	row("channels with a position", func(s sample) string { return number(s.Broker.Channels) })
	row("messages kept", func(s sample) string { return number(s.Broker.Messages) })
	row("leases, of presence and states", func(s sample) string { return number(s.Broker.Leases) })
	row("goroutines", func(s sample) string { return number(s.Goroutines) })
	row("objects on the heap", func(s sample) string { return number(int(s.Objects)) })
	row("live heap", func(s sample) string { return fmt.Sprintf("%.1f MB", live(s)) })
	row("resident memory", func(s sample) string { return fmt.Sprintf("%.1f MB", resident(s)) })
	b.WriteString("\n| what happened | |\n|---|--:|\n")
	for _, e := range []event{began, resumed, cut, vanished, reloaded, quit, moved, gone, recovered, received, told, failed, broken} {
		fmt.Fprintf(&b, "| %s | %s |\n", e, number(r.tally.count(e)))
	}
	fmt.Fprintf(&b, "\nThe server used %.0f s of one core in %.0f s. %s, commit %s, %s, seed %d.\n",
		rests.CPU, rests.At.Seconds(), r.Machine, r.Commit, r.Date, r.Seed)
	b.WriteString(method)
	return b.String()
}

// number writes n with commas.
func number(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", number(n/1000), n%1000)
}

// picture draws memory over time.
func picture(r *result) chart.Lines {
	c := chart.Lines{
		Title:    fmt.Sprintf("A server's memory, while %s members come and go", number(r.Members)),
		Subtitle: "MB after its garbage was collected and given back, over minutes.",
	}
	most, last := 0.0, 0.0
	for _, l := range []struct {
		label, stroke string
		samples       []sample
		of            func(sample) float64
	}{
		{"resident, while they stir", "#c9d1d9", r.Stirs, resident},
		{"resident, at rest", "#57606a", r.Rests, resident},
		{"live heap, while they stir", "#a8c8f8", r.Stirs, live},
		{"live heap, at rest", "#1f6feb", r.Rests, live},
	} {
		line := chart.Line{Label: l.label, Stroke: l.stroke}
		for _, s := range l.samples {
			at, v := s.At.Minutes(), l.of(s)
			line.Points = append(line.Points, chart.Point{X: at, Y: v})
			most, last = max(most, v), max(last, at)
		}
		c.Series = append(c.Series, line)
	}
	c.X, c.Y = scale(last), scale(most)
	return c
}

// scale returns four to seven round ticks, of which the last is the first that reaches most.
func scale(most float64) (ticks []chart.Tick) {
	unit := math.Pow10(int(math.Floor(math.Log10(most))) - 1)
	step := 20 * unit
	for _, finer := range []float64{10, 5, 2} {
		if most <= 6*finer*unit {
			step = finer * unit
		}
	}
	for i := range int(math.Ceil(most/step)) + 1 {
		v := float64(i) * step
		ticks = append(ticks, chart.Tick{Value: v, Label: fmt.Sprint(math.Round(v*100) / 100)})
	}
	return ticks
}
