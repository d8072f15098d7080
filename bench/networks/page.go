package main

import (
	_ "embed"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

var (
	//go:embed page.md
	intro string
	//go:embed method.md
	method string
)

// writePage writes networks.md and its picture into a folder.
func writePage(folder string, r *results) error {
	svg := picture(r).SVG()
	if err := os.WriteFile(filepath.Join(folder, "images", "networks.svg"), []byte(svg), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "networks.md"), []byte(page(r)), 0o644)
}

func page(r *results) string {
	var b strings.Builder
	b.WriteString(intro)
	fmt.Fprintf(&b, "\n| | |\n|---|---|\n| machine | %s |\n| load average | %s |\n| Hawser | commit %s |\n| peers | %s |\n| run | `%s`, %s, %d s |\n",
		r.Machine, r.Load, r.Commit, strings.Join(r.Versions, ", "), r.Command, r.Date, r.Seconds)
	b.WriteString("\n## The clients\n\n")
	for _, c := range contenders {
		fmt.Fprintf(&b, "- **%s**: %s.\n", c.label, c.about)
	}
	fmt.Fprintf(&b, "\n## How long it takes\n\nMilliseconds: medians of %s, with the lowest and the highest. The last two rows are the longest time "+
		"without a message; the others, the time from connect to the server's first message.\n\n", runsText(r.Runs))
	writeTable(&b, r, times)
	b.WriteString("\n## What is lost\n\nMessages of those that the client and the server sent: 1,500 each way, or, in the first two rows, " +
		"as many as there were until they arrived again.\n\n")
	writeTable(&b, r, losses)
	writeMisses(&b, r)
	b.WriteString("\n## The cases\n\n| `CASE=` | what happens |\n|---|---|\n")
	for _, s := range scenarios {
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.name, s.about)
	}
	b.WriteString(method)
	return b.String()
}

func runsText(n int) string {
	if n == 1 {
		return "one run"
	}
	return fmt.Sprintf("%d runs", n)
}

func writeTable(b *strings.Builder, r *results, rows []row) {
	b.WriteString("| |")
	for _, c := range contenders {
		fmt.Fprintf(b, " %s |", c.label)
	}
	b.WriteString(" Hawser must reach | |\n|---|" + strings.Repeat("--:|", len(contenders)) + "---|---|\n")
	for _, w := range rows {
		fmt.Fprintf(b, "| %s |", w.label)
		for _, c := range contenders {
			cell := w.cell(w.of(r, c.name))
			if c.name == hawserName {
				cell = "**" + cell + "**"
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		fmt.Fprintf(b, " %s | %s |\n", w.bound(r).text, w.verdict(r))
	}
}

// verdict says whether Hawser is where it should be.
func (w row) verdict(r *results) string {
	v := w.of(r, hawserName).Median
	switch {
	case math.IsNaN(v):
		return "not measured"
	case w.bound(r).holds(v):
		return "reached"
	}
	return "missed"
}

func writeMisses(b *strings.Builder, r *results) {
	b.WriteString("\n## What is missed\n\n")
	missed, failed := 0, 0
	for _, w := range append(append([]row{}, times...), losses...) {
		if w.verdict(r) != "missed" {
			continue
		}
		missed++
		why := w.missed
		if why == "" {
			why = "The reason is not known yet."
		}
		fmt.Fprintf(b, "- %s: %s instead of %s. %s\n", w.label, w.cell(w.of(r, hawserName)), w.bound(r).text, why)
	}
	for _, t := range r.Trials {
		if t.Error != "" {
			failed++
			fmt.Fprintf(b, "- run %d, %s, %s: %s. This trial counts nowhere.\n", t.Run, t.Scenario, t.Contender, t.Error)
		}
	}
	if missed+failed == 0 {
		b.WriteString("Nothing.\n")
	}
}
