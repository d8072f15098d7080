package report

import (
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hawser-go/hawser/bench/internal/chart"
	"github.com/hawser-go/hawser/bench/internal/spread"
)

var (
	//go:embed intro.md
	intro string
	//go:embed method.md
	method string
)

// Write writes the page and its charts into a folder.
func Write(folder string, r *Run) error {
	var b strings.Builder
	writeHead(&b, r)
	writeTargets(&b, r)
	for _, s := range sections {
		c := s.write(&b, r)
		if c == nil {
			continue
		}
		if err := writeImage(folder, s.drawn.file, c); err != nil {
			return err
		}
	}
	writeFailures(&b, r)
	b.WriteString(method)
	writeMissing(&b, r)
	return os.WriteFile(filepath.Join(folder, "benchmarks.md"), []byte(b.String()), 0o644)
}

func writeImage(folder, name string, c *chart.Chart) error {
	return os.WriteFile(filepath.Join(folder, "images", name), []byte(c.SVG()), 0o644)
}

func writeHead(b *strings.Builder, r *Run) {
	b.WriteString(intro)
	cores := "wherever the system put them"
	if r.Cores != "" {
		cores = "the server on two cores, the load generator on two others"
	}
	for _, fact := range [][2]string{
		{"machine", r.Machine},
		{"processes", cores + ", over loopback"},
		{"other processes", others(r)},
		{"Hawser", "commit " + r.Commit},
		{"peers", versionList(r.Versions)},
		{"run", fmt.Sprintf("%#q in `bench/`, %s, %s", r.Command, r.Date, rounds(r.Rounds))},
	} {
		fmt.Fprintf(b, "| %s | %s |\n", fact[0], fact[1])
	}
	b.WriteString("\nA number is the median of the rounds, with the lowest and the highest after it. " +
		"Within a round the servers take turns.\n")
}

// others says what the machine did beside the trials.
func others(r *Run) string {
	var cores []float64
	for _, t := range r.Trials {
		cores = append(cores, t.Others)
	}
	s := spread.Of(cores)
	return fmt.Sprintf("kept %.2f cores busy in the median trial, %.2f in the worst", s.Median, s.High)
}

func rounds(n int) string {
	if n == 1 {
		return "one round"
	}
	return fmt.Sprintf("%d rounds", n)
}

func versionList(versions map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		all = append(all, name+" "+versions[name])
	}
	return strings.Join(all, ", ")
}

// writeMissing says which sections are not there, because nothing of them was measured.
func writeMissing(b *strings.Builder, r *Run) {
	var missing []string
	for _, s := range sections {
		if len(s.lines(r)) == 0 {
			missing = append(missing, "- "+s.title+"\n")
		}
	}
	if missing != nil {
		fmt.Fprintf(b, "\nThis run also left out:\n\n%s", strings.Join(missing, ""))
	}
}

func writeFailures(b *strings.Builder, r *Run) {
	var failed []string
	for _, t := range r.Trials {
		if t.Result.Error != "" {
			failed = append(failed, fmt.Sprintf("- %s, %s, round %d: %s\n", t.Workload, t.Server, t.Round, t.Result.Error))
		}
	}
	if failed == nil {
		fmt.Fprintf(b, "\n## What went wrong\n\nNothing: in %d trials no message was lost, doubled, damaged or out of "+
			"order.\n", len(r.Trials))
		return
	}
	fmt.Fprintf(b, "\n## What went wrong\n\n%d of %d trials. Their numbers count nowhere above.\n\n%s",
		len(failed), len(r.Trials), strings.Join(failed, ""))
}
