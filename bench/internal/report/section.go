package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/plan"
	"github.com/hawser-go/hawser/bench/internal/spread"
)

// A section is a table of servers at one workload.
type section struct {
	title     string
	about     string
	workloads []string // more than one where they differ only in size
	columns   []column
	ascending bool // less is better: of the first column, by which rows are sorted
	drawn     *drawing
}

type column struct {
	head string
	of   metric
	wide bool // it shows the spread
}

// A drawing is a chart of the first columns of a section.
type drawing struct {
	file, title, subtitle string
	panels                []string
}

type line struct {
	server plan.Server
	cells  []spread.Spread
}

func (s section) lines(r *Run) []line {
	var all []line
	for _, server := range plan.Servers {
		for _, w := range s.workloads {
			if !r.ran(w, server.Name) {
				continue
			}
			l := line{server: server}
			for _, c := range s.columns {
				l.cells = append(l.cells, r.of(w, server.Name, c.of))
			}
			all = append(all, l)
		}
	}
	slices.SortStableFunc(all, func(a, b line) int {
		x, y := a.key(s.ascending), b.key(s.ascending)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return all
}

// key sorts by the first cell that there is, the best first.
func (l line) key(ascending bool) float64 {
	for _, c := range l.cells {
		switch {
		case c.Missing():
		case ascending:
			return c.Median
		default:
			return -c.Median
		}
	}
	return math.Inf(1)
}

func (r *Run) ran(workload, server string) bool {
	return slices.ContainsFunc(r.Trials, func(t Trial) bool { return t.Workload == workload && t.Server == server })
}

// write appends the section to the page, unless nothing of it was measured, and returns its chart, if it has one.
func (s section) write(b *strings.Builder, r *Run) *chart.Chart {
	lines := s.lines(r)
	if len(lines) == 0 {
		return nil
	}
	in := r.filler(s.workloads[0])
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n", in.Replace(s.title), in.Replace(s.about))
	if s.drawn != nil {
		fmt.Fprintf(b, "![%s](images/%s)\n\n", in.Replace(s.drawn.title), s.drawn.file)
	}
	b.WriteString("|")
	for _, c := range s.columns {
		fmt.Fprintf(b, " | %s", c.head)
	}
	b.WriteString(" |\n|---" + strings.Repeat("|--:", len(s.columns)) + "|\n")
	for _, l := range lines {
		label := l.server.Label
		if l.server.Role == plan.Ours {
			label = "**" + label + "**"
		}
		fmt.Fprintf(b, "| %s", label)
		for i, c := range l.cells {
			fmt.Fprintf(b, " | %s", cell(c, s.columns[i].wide))
		}
		b.WriteString(" |\n")
	}
	if s.drawn == nil {
		return nil
	}
	return s.draw(lines, in)
}

// filler puts the number of connections of a workload in the place of {n}.
func (r *Run) filler(workload string) *strings.Replacer {
	for _, t := range r.Trials {
		if t.Workload == workload {
			return strings.NewReplacer("{n}", thousands(t.Connections))
		}
	}
	return strings.NewReplacer()
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func cell(s spread.Spread, wide bool) string {
	if s.Missing() {
		return "–"
	}
	if !wide {
		return chart.Number(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", chart.Number(s.Median), chart.Number(s.Low), chart.Number(s.High))
}

var styles = map[plan.Role]chart.Style{plan.Ours: chart.Strong, plan.Floor: chart.Limit}

func (s section) draw(lines []line, in *strings.Replacer) *chart.Chart {
	c := &chart.Chart{Title: in.Replace(s.drawn.title), Subtitle: s.drawn.subtitle}
	for _, title := range s.drawn.panels {
		c.Panels = append(c.Panels, chart.Panel{Title: title})
	}
	for _, l := range lines {
		c.Rows = append(c.Rows, chart.Row{Label: l.server.Label, Style: styles[l.server.Role]})
		for i := range c.Panels {
			c.Panels[i].Bars = append(c.Panels[i].Bars, barOf(l.cells[i]))
		}
	}
	return c
}
