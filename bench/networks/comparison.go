package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/inset"
)

// For newcomers: fewer cases, in other words.
var (
	waits = []row{
		{scenario: "clean", label: "nothing is wrong", of: measured("clean", firstMessage), never: firstNever},
		{scenario: "round-trip", label: "a round trip takes 100 ms", of: measured("round-trip", firstMessage), never: firstNever},
		{scenario: "swallowed", label: "a proxy swallows the upgrade", of: measured("swallowed", firstMessage), never: firstNever},
		{scenario: "dropped", label: "a WebSocket's frames vanish", of: measured("dropped", firstMessage), never: firstNever},
		{scenario: "buffered", label: "a proxy holds all answers back", of: measured("buffered", firstMessage), never: firstNever},
		{scenario: "stalled", label: "a WebSocket stalls: silence for", of: measured("stalled", longestGap), never: gapNever},
	}
	missing = []row{
		{scenario: "stalled", label: "a WebSocket stalls", of: measured("stalled", lost)},
		{scenario: "half-open", label: "half-open, five times in 30 s", of: measured("half-open", lost)},
		{scenario: "reset", label: "reset, every 5 s", of: measured("reset", lost)},
	}
)

// compared are the contenders that newcomers have heard of.
var compared = contenders[:3]

const comparisonPicture = "comparison-networks.svg"

// writeComparison puts what bad networks do into a folder's comparison.md, and the picture of it beside that.
func writeComparison(folder string, r *results) error {
	svg := comparisonChart(r).SVG()
	if err := os.WriteFile(filepath.Join(folder, "images", comparisonPicture), []byte(svg), 0o644); err != nil {
		return err
	}
	return inset.FillFile(filepath.Join(folder, "comparison.md"), "networks", comparison(r))
}

func comparison(r *results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**In bad networks** ([networks.md](networks.md), `make networks`, %s): medians of %s.\n\n", r.Date, runsText(r.Runs))
	fmt.Fprintf(&b, "![How long bad networks keep users waiting, and what they lose](images/%s)\n\n", comparisonPicture)
	writePlain(&b, r, "ms from *connect* to the first message", waits)
	b.WriteString("\n")
	writePlain(&b, r, "messages lost, of those that were sent", missing)
	return b.String()
}

func writePlain(b *strings.Builder, r *results, head string, rows []row) {
	fmt.Fprintf(b, "| %s |", head)
	for _, c := range compared {
		fmt.Fprintf(b, " %s |", c.label)
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|", len(compared)) + "\n")
	for _, w := range rows {
		fmt.Fprintf(b, "| %s |", w.label)
		for _, c := range compared {
			text := w.text(w.of(r, c.name).Median)
			if all := r.of(w.scenario, c.name, ofSent); !all.Missing() && w.never == "" {
				text += " of " + w.text(all.Median)
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteString("\n")
	}
}

func comparisonChart(r *results) chart.Grouped {
	c := chart.Grouped{
		Title:    "How long bad networks keep users waiting, and what they lose",
		Subtitle: fmt.Sprintf("Medians of %s, on logarithmic scales.", runsText(r.Runs)),
	}
	fill(&c, r, compared, waits, missing)
	return c
}
