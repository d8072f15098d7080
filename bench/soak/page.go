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
	b.WriteString("\n| | at half time | at the end | growth | allowed |\n|---|--:|--:|--:|--:|\n")
	for _, m := range []struct {
		name string
		of   func(sample) float64
	}{{"resident memory", resident}, {"live heap", live}} {
		half, end := r.trend(m.of)
		fmt.Fprintf(&b, "| %s | %.1f MB | %.1f MB | %+.1f %% | %+.1f %% |\n", m.name, half, end, 100*(end/half-1), 100*(r.Growth-1))
	}
	fmt.Fprintf(&b, "\n%s\n", r.outcome())
	b.WriteString("\n| | before | at the end | when all have left |\n|---|--:|--:|--:|\n")
	end := r.Samples[len(r.Samples)-1]
	row := func(name string, of func(sample) string) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, of(r.Before), of(end), of(r.After))
	}
	row("sessions", func(s sample) string { return number(s.Sessions) })
	row("channels", func(s sample) string { return number(s.Channels) })
	row("ended sessions remembered", func(s sample) string { return number(s.Remembered) })
	row("goroutines", func(s sample) string { return number(s.Goroutines) })
	row("live heap", func(s sample) string { return fmt.Sprintf("%.1f MB", live(s)) })
	row("resident memory", func(s sample) string { return fmt.Sprintf("%.1f MB", resident(s)) })
	b.WriteString("\n| what happened | |\n|---|--:|\n")
	for _, e := range []event{began, resumed, cut, vanished, reloaded, quit, moved, gone, recovered, received, told, failed, broken} {
		fmt.Fprintf(&b, "| %s | %s |\n", e, number(r.tally.count(e)))
	}
	fmt.Fprintf(&b, "\nThe server used %.0f s of one core in %.0f s. %s, commit %s, %s, seed %d.\n",
		end.CPU, end.At.Seconds(), r.Machine, r.Commit, r.Date, r.Seed)
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
		Series:   []chart.Line{{Label: "resident memory", Stroke: "#98a4b3"}, {Label: "live heap", Stroke: "#1f6feb"}},
	}
	most, last := 0.0, 0.0
	for _, s := range r.Samples {
		at := s.At.Minutes()
		for i, v := range []float64{resident(s), live(s)} {
			c.Series[i].Points = append(c.Series[i].Points, chart.Point{X: at, Y: v})
			most = max(most, v)
		}
		last = max(last, at)
	}
	c.X, c.Y = scale(last), scale(most)
	return c
}

// scale returns up to six round ticks that reach most.
func scale(most float64) (ticks []chart.Tick) {
	step := math.Pow10(int(math.Floor(math.Log10(most))))
	for most/step < 2 {
		step /= 2
	}
	if most/step > 5 {
		step *= 2
	}
	for v := 0.0; ; v += step {
		ticks = append(ticks, chart.Tick{Value: v, Label: fmt.Sprint(math.Round(v*100) / 100)})
		if v >= most {
			return ticks
		}
	}
}
