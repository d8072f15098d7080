package report

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/inset"
	"github.com/hawser-go/hawser/bench/internal/plan"
)

// compared are the servers that newcomers choose between, as the page calls them.
var compared = []struct{ server, label string }{
	{"floor", "a Go program that only writes"},
	{"hawser", "Hawser, JSON"},
	{"gws", "WebSocket: lxzan/gws (Go)"},
	{"gorilla", "WebSocket: gorilla's chat (Go)"},
	{"ws", "WebSocket: ws (Node)"},
	{"socketio", "Socket.IO (Node)"},
}

// comparedBy are the figures that the page has of them; the first three are in the picture.
var comparedBy = []struct {
	head     string
	workload string
	of       metric
}{
	{"one message at a time", "fan-out-1000", one},
	{"16 under way", "fan-out-1000", many},
	{"KB idle", "idle", kB},
	{"connects", "idle", connects},
}

const comparisonPicture = "comparison-servers.svg"

// WriteComparison puts what the servers take into a folder's comparison.md, and the picture of it beside that.
func WriteComparison(folder string, r *Run) error {
	if err := writeImage(folder, comparisonPicture, comparisonChart(r)); err != nil {
		return err
	}
	return inset.FillFile(filepath.Join(folder, "comparison.md"), "servers", comparison(r))
}

func comparison(r *Run) string {
	in := r.filler("fan-out-1000")
	var b strings.Builder
	b.WriteString(in.Replace("**On the server** ([benchmarks.md](benchmarks.md), `make bench`, " + r.Date + "): {n} members of one channel, 128 bytes of JSON a message: " +
		"thousands of deliveries for each second of CPU; KB of memory for each idle connection; thousands of clients connected and joined for each second of CPU. " +
		"Medians.\n\n"))
	fmt.Fprintf(&b, "![What servers take](images/%s)\n\n|", comparisonPicture)
	for _, c := range comparedBy {
		b.WriteString(" | " + c.head)
	}
	b.WriteString(" |\n|---" + strings.Repeat("|--:", len(comparedBy)) + "|\n")
	for _, s := range compared {
		fmt.Fprintf(&b, "| %s", s.label)
		for _, c := range comparedBy {
			b.WriteString(" | " + cell(r.of(c.workload, s.server, c.of), false))
		}
		b.WriteString(" |\n")
	}
	http := func(server string) string { return chart.Number(r.of("idle-http", server, kB).Median) }
	fmt.Fprintf(&b, "\nAn idle stream takes Hawser %s KB, a poll that is held %s, and a response that a bare `net/http` handler holds %s.\n",
		http("hawser-sse"), http("hawser-poll"), http("bare"))
	return b.String()
}

func comparisonChart(r *Run) *chart.Chart {
	c := &chart.Chart{
		Title:    "What servers take",
		Subtitle: "thousands of deliveries for each CPU-second of the server, more is better; memory of an idle connection, less is better",
		Panels:   []chart.Panel{{Title: "1 message at a time"}, {Title: "16 under way"}, {Title: "KB a connection"}},
	}
	for _, s := range compared {
		c.Rows = append(c.Rows, chart.Row{Label: s.label, Style: styles[plan.Find(s.server).Role]})
		for i, by := range comparedBy[:len(c.Panels)] {
			c.Panels[i].Bars = append(c.Panels[i].Bars, barOf(r.of(by.workload, s.server, by.of)))
		}
	}
	return c
}
