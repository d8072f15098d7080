package main

import (
	"fmt"
	"math"

	"github.com/hawser-go/hawser/bench/internal/chart"
)

var fills = map[string]string{
	hawserName: "#1f6feb", "socketio": "#e08e45", "socketio-websocket": "#f0c08f", "centrifuge": "#98a4b3",
}

// picture makes the page's picture: times, and messages lost.
func picture(r *results) chart.Grouped {
	c := chart.Grouped{
		Title:    "How long bad networks keep users waiting, and what they lose",
		Subtitle: fmt.Sprintf("Medians of %s, on logarithmic scales. The black mark is what Hawser must reach.", runsText(r.Runs)),
	}
	fill(&c, r, contenders, times, losses)
	return c
}

// fill puts contenders into a chart, with how long things take and what is lost.
func fill(c *chart.Grouped, r *results, who []contender, times, losses []row) {
	for _, k := range who {
		s := chart.Series{Label: k.label, Fill: fills[k.name]}
		if k.name == hawserName {
			s.Style = chart.Strong
		}
		c.Series = append(c.Series, s)
	}
	c.Sections = []chart.Section{
		{
			Title: "Time, in ms", Low: 1, High: 100_000, Groups: groups(r, who, times),
			Ticks: scale("1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"),
		},
		{
			Title: "Messages lost", Low: 0.5, High: 10_000, Groups: groups(r, who, losses),
			Ticks: scale("1", "10", "100", "1,000", "10,000"),
		},
	}
}

func groups(r *results, who []contender, rows []row) []chart.Group {
	var all []chart.Group
	for _, w := range rows {
		if w.tableOnly {
			continue
		}
		g := chart.Group{Label: w.label, Target: math.NaN()}
		if w.bound != nil {
			if b := w.bound(r); b.value > 0 {
				g.Target = b.value
			}
		}
		for _, c := range who {
			s := w.of(r, c.name)
			g.Bars = append(g.Bars, chart.Bar{Value: s.Median, Low: s.Low, High: s.High})
			g.Texts = append(g.Texts, w.text(s.Median))
		}
		all = append(all, g)
	}
	return all
}

// scale labels 1, 10, 100 …
func scale(labels ...string) []chart.Tick {
	var ticks []chart.Tick
	for i, label := range labels {
		ticks = append(ticks, chart.Tick{Value: math.Pow10(i), Label: label})
	}
	return ticks
}
