package main

import (
	"fmt"
	"math"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/spread"
)

// A row is one line of a table of the page: a measure of each contender, and what Hawser is to reach.
type row struct {
	scenario  string
	label     string
	of        func(r *results, contender string) spread.Spread
	bound     func(r *results) bound // nil: there is none
	never     string                 // what never means: for how long somebody waited
	tableOnly bool                   // it is not in the picture
	missed    string                 // why, where a bound is missed and that is known
}

// A bound is what a number should be at most, or at least.
type bound struct {
	value   float64
	atLeast bool
	text    string
}

func (b bound) holds(v float64) bool {
	if b.atLeast {
		return v >= b.value
	}
	return v <= b.value
}

func measured(scenario string, m measure) func(*results, string) spread.Spread {
	return func(r *results, contender string) spread.Spread { return r.of(scenario, contender, m) }
}

// atMost is a bound that is the same in every run.
func atMost(v float64) func(*results) bound {
	return func(*results) bound { return bound{value: v, text: "at most " + chart.Number(v)} }
}

func none(*results) bound { return bound{text: "0"} }

// times are in ms.
var times = []row{
	{
		scenario: "clean", label: "nothing is wrong", of: measured("clean", firstMessage),
		bound: func(r *results) bound {
			least := r.of("clean", floorName, firstMessage).Median
			return bound{value: 2 * least, text: fmt.Sprintf("at most 2 × %s, of a bare `ws`", chart.Number(least))}
		},
	},
	{
		scenario: "round-trip", label: "100 ms round trip", of: measured("round-trip", firstMessage),
		bound: func(*results) bound { return bound{value: 225, text: "at most 2 round trips + 25"} },
	},
	{
		scenario: "browser", label: "the same, in a browser, warm", of: measured("browser", firstMessage),
		bound: func(*results) bound { return bound{value: 125, text: "at most 1 round trip + 25"} },
		missed: "On a busy machine, a bare `fetch` from such a page took 106 to 146 ms (median 110), Hawser's first message 122 to 243 (137), and " +
			"126 to 172 (132) with streams alone: the race is not what costs. Where the rest goes is not known yet.",
	},
	{
		scenario: "refused", label: "upgrade → 400", of: measured("refused", firstMessage),
		bound: func(r *results) bound {
			clean := r.of("clean", hawserName, firstMessage).Median
			return bound{value: clean + 10, text: fmt.Sprintf("at most %s + 10", chart.Number(clean))}
		},
	},
	{scenario: "swallowed", label: "upgrade swallowed", of: measured("swallowed", firstMessage), bound: atMost(300), never: firstNever},
	{
		scenario: "swallowed", label: "… then not: on a WebSocket after", of: measured("swallowed", movedUp),
		bound: func(*results) bound { return bound{value: millis(limit), text: "at all"} }, never: firstNever,
	},
	{scenario: "dropped", label: "101, then frames vanish", of: measured("dropped", firstMessage), bound: atMost(300), never: firstNever},
	{
		scenario: "buffered", label: "buffering proxy, no WebSocket", of: measured("buffered", firstMessage),
		bound: atMost(1500), never: firstNever,
	},
	{scenario: "stalled", label: "WebSocket stalls, client sends", of: measured("stalled", longestGap), bound: atMost(3000), never: gapNever},
	{scenario: "frozen", label: "downlink freezes, server sends", of: measured("frozen", longestGap), bound: atMost(6000), never: gapNever},
}

// losses are messages, and what is left of the throughput in percent.
var losses = []row{
	{scenario: "stalled", label: "WebSocket stalls, client sends", of: measured("stalled", lost), bound: none},
	{scenario: "frozen", label: "downlink freezes, server sends", of: measured("frozen", lost), bound: none},
	{scenario: "half-open", label: "half-open, 5 kills in 30 s", of: measured("half-open", lost), bound: none},
	{scenario: "half-open", label: "… doubled or reordered", of: damaged("half-open"), bound: none, tableOnly: true},
	{scenario: "reset", label: "reset every 5 s, 100 ms round trip", of: measured("reset", lost), bound: none},
	{scenario: "reset", label: "… doubled or reordered", of: damaged("reset"), bound: none, tableOnly: true},
	{
		scenario: "reset", label: "… throughput, in % of the uncut run", tableOnly: true,
		of: func(r *results, contender string) spread.Spread {
			s := r.ratio("reset", "uncut", contender, rate)
			return spread.Spread{Median: 100 * s.Median, Low: 100 * s.Low, High: 100 * s.High}
		},
		bound: func(*results) bound { return bound{value: 95, atLeast: true, text: "at least 95"} },
	},
}

var (
	firstNever = fmt.Sprintf("never (%.0f s)", limit.Seconds())
	gapNever   = fmt.Sprintf("never (%.0f s)", gapLimit.Seconds())
)

// damaged counts what came twice and what came too late.
func damaged(scenario string) func(*results, string) spread.Spread {
	return func(r *results, contender string) spread.Spread {
		twice, late := r.of(scenario, contender, doubled), r.of(scenario, contender, reordered)
		return spread.Spread{Median: twice.Median + late.Median, Low: twice.Low + late.Low, High: twice.High + late.High}
	}
}

// text writes a number of the row.
func (w row) text(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return w.never
	case v >= 9999.5:
		return fmt.Sprintf("%d,%03d", int(math.Round(v))/1000, int(math.Round(v))%1000)
	case v == math.Trunc(v) && v < 1000:
		return fmt.Sprintf("%.0f", v)
	}
	return chart.Number(v)
}

// cell is a number of the row with its spread.
func (w row) cell(s spread.Spread) string {
	if s.Missing() || s.Low == s.High {
		return w.text(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", w.text(s.Median), w.text(s.Low), w.text(s.High))
}
