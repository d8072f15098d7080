package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/plan"
)

// A target is a ratio that Hawser wants to reach, in one run on one machine.
type target struct {
	what   string
	ours   measure
	theirs []measure // the best of them
	plus   float64   // added to theirs
	want   float64
	atMost bool
}

type measure struct {
	workload, server string
	of               metric
}

var (
	one  = phase(0, thousandsPerCPU)
	many = phase(1, thousandsPerCPU)
	kB   = phase(0, perConnection)
)

func centrifuges(workload string, of metric) []measure {
	var all []measure
	for _, server := range []string{"centrifuge", "centrifuge-tuned", "centrifuge-protobuf"} {
		all = append(all, measure{workload, server, of})
	}
	return all
}

var targets = []target{
	{what: "fan-out 1,000, K = 1: of raw TCP, one write a delivery", ours: measure{"fan-out-1000", "hawser", one},
		theirs: []measure{{"fan-out-1000", "floor", one}}, want: 0.68},
	{what: "fan-out 1,000, K = 1: of centrifuge's best", ours: measure{"fan-out-1000", "hawser", one},
		theirs: centrifuges("fan-out-1000", one), want: 1.7},
	{what: "fan-out 1,000, K = 16: of centrifuge's best", ours: measure{"fan-out-1000", "hawser", many},
		theirs: centrifuges("fan-out-1000", many), want: 2.6},
	{what: "fan-out 5,000, K = 16: of centrifuge tuned", ours: measure{"fan-out-5000", "hawser", many},
		theirs: []measure{{"fan-out-5000", "centrifuge-tuned", many}}, want: 2.8},
	{what: "SSE fan-out 1,000, K = 1: of centrifuge http_stream", ours: measure{"streams-1000", "hawser-sse", one},
		theirs: []measure{{"streams-1000", "centrifuge-stream", one}}, want: 2.6},
	{what: "SSE fan-out 1,000, K = 16: of centrifuge http_stream", ours: measure{"streams-1000", "hawser-sse", many},
		theirs: []measure{{"streams-1000", "centrifuge-stream", many}}, want: 2.8},
	{what: "calls, 1 at a time: of centrifuge's best", ours: measure{"calls", "hawser", one},
		theirs: centrifuges("calls", one), want: 1.7},
	{what: "calls, 16 at a time: of centrifuge's best", ours: measure{"calls", "hawser", many},
		theirs: centrifuges("calls", many), want: 3},
	{what: "idle WebSocket, KB", ours: measure{"idle", "hawser", kB}, want: 7, atMost: true},
	{what: "idle SSE, KB above a bare net/http handler", ours: measure{"idle-http", "hawser-sse", kB},
		theirs: []measure{{"idle-http", "bare", kB}}, plus: 4, atMost: true},
	{what: "held poll, KB above a bare net/http handler", ours: measure{"idle-http", "hawser-poll", kB},
		theirs: []measure{{"idle-http", "bare", kB}}, plus: 4, atMost: true},
	{what: "connect and join: of centrifuge tuned", ours: measure{"idle", "hawser", connects},
		theirs: []measure{{"idle", "centrifuge-tuned", connects}}, want: 1.5},
	{what: "p99 at equal load: of the best peer's", ours: measure{"fan-out-1000", "hawser", phase(2, p99)},
		theirs: peers("fan-out-1000", phase(2, p99)), want: 1, atMost: true},
	{what: "one member that does not read: p99 of the others, with / without",
		ours: measure{"slow-member", "hawser", slowdown}, want: 1.25, atMost: true},
	{what: "JavaScript client in Node, messages for each CPU-second: of a WebSocket and JSON.parse",
		ours:   measure{"client-node", "hawser", phase(0, thousandsPerLoadCPU)},
		theirs: []measure{{"client-node", "bare-websocket", phase(0, thousandsPerLoadCPU)}}, want: 1},
	{what: "the same in Chromium", ours: measure{"client-chromium", "hawser", phase(0, thousandsPerLoadCPU)},
		theirs: []measure{{"client-chromium", "bare-websocket", phase(0, thousandsPerLoadCPU)}}, want: 1},
	{what: "JavaScript client in Node, longest task of a flood, ms",
		ours: measure{"client-node", "hawser", phase(0, longest)}, want: 50, atMost: true},
	{what: "the same in Chromium", ours: measure{"client-chromium", "hawser", phase(0, longest)}, want: 50, atMost: true},
	{what: "JavaScript client in Chromium, 50,000 messages a second: p99 of how late they come, ms",
		ours: measure{"client-chromium", "hawser", phase(1, p99)}, want: 50, atMost: true},
}

func peers(workload string, of metric) (all []measure) {
	for _, server := range plan.Servers {
		if server.Role == plan.Peer {
			all = append(all, measure{workload, server.Name, of})
		}
	}
	return all
}

func (r *Run) median(m measure) float64 { return r.of(m.workload, m.server, m.of).Median }

// reached returns what was reached, and what is wanted, in the unit of the target.
func (t target) reached(r *Run) (reached, wanted float64) {
	ours := r.median(t.ours)
	if len(t.theirs) == 0 {
		return ours, t.want
	}
	best := math.NaN()
	for _, m := range t.theirs {
		theirs := r.median(m)
		if math.IsNaN(theirs) {
			continue
		}
		if math.IsNaN(best) || theirs > best != t.atMost {
			best = theirs
		}
	}
	if t.plus > 0 {
		return ours - best, t.plus
	}
	return ours / best, t.want
}

func (t target) met(reached, wanted float64) bool {
	if t.atMost {
		return reached <= wanted
	}
	return reached >= wanted
}

func writeTargets(b *strings.Builder, r *Run) {
	rows := 0
	var table strings.Builder
	for _, t := range targets {
		reached, wanted := t.reached(r)
		if math.IsNaN(reached) {
			continue
		}
		rows++
		bound, verdict := "at least ", "missed"
		if t.atMost {
			bound = "at most "
		}
		if t.met(reached, wanted) {
			verdict = "reached"
		}
		fmt.Fprintf(&table, "| %s | %s%s | %s | %s |\n", t.what, bound, chart.Number(wanted), chart.Number(reached), verdict)
	}
	if growth := r.growth(); !math.IsNaN(growth) {
		rows++
		verdict := "missed"
		if growth <= 1.15 {
			verdict = "reached"
		}
		fmt.Fprintf(&table, "| a delivery's cost, from 1,000 members to 15,000: its growth, of raw TCP's "+
			"| at most 1.15 | %s | %s |\n", chart.Number(growth), verdict)
	}
	if rows == 0 {
		return
	}
	b.WriteString("\n## Targets\n\nRatios of medians within this run.\n\n| | wanted | here | |\n|---|--:|--:|---|\n")
	b.WriteString(table.String())
}

// growth is how much more a delivery costs with 15,000 members than with 1,000, over the same of raw TCP.
func (r *Run) growth() float64 {
	grows := func(server string) float64 {
		return r.median(measure{"fan-out-1000", server, one}) / r.median(measure{"fan-out-15000", server, one})
	}
	return grows("hawser") / grows("floor")
}
