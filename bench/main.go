// Command bench measures Hawser, what it could cost at least, and its peers, and writes docs/benchmarks.md.
//
//	go run .                     everything, three rounds, within 35 minutes
//	go run . -quick              in minutes, to see whether a change moved something
//	go run . -only fan-out-1000  some workloads, with commas between them
//	go run . -servers floor,hawser
//	go run . -profiles folder    profiles, and no page
//	go run . -draw results.json  the page again, from what was measured before
//
// What does not measure everything goes to the folder .quick instead.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hawser-go/hawser/bench/internal/load"
	"github.com/hawser-go/hawser/bench/internal/plan"
	"github.com/hawser-go/hawser/bench/internal/process"
	"github.com/hawser-go/hawser/bench/internal/report"
)

var (
	quick   = flag.Bool("quick", false, "one short round of the most important workloads")
	rounds  = flag.Int("rounds", 3, "how often everything is measured, in turn")
	only    = flag.String("only", "", "the workloads to run")
	servers = flag.String("servers", "", "the servers to measure")
	span    = flag.Duration("for", plan.Full.For, "how long each measurement takes")
	calm    = flag.Duration("calm", 10*time.Second, "how long a trial may wait for other processes to do nothing")
	within  = flag.Duration("within", 35*time.Minute, "after this time no other trial begins, and what was measured counts")
	draw    = flag.String("draw", "", "results to write the page from, instead of measuring")
	profile = flag.String("profiles", "", "a folder for profiles of the servers in Go: what is measured then is not kept")
	out     = flag.String("out", "", "the folder that gets benchmarks.md and images/ (default ../docs, or .quick)")
)

func main() {
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

// docs is where the pages are that people read.
const docs = "../docs"

func run(ctx context.Context) error {
	folder, results := docs, "results.json"
	if *quick || *only != "" || *servers != "" { // not what the page is about
		folder, results = ".quick", ".quick/results.json"
	}
	folder = cmp.Or(*out, folder)
	if err := os.MkdirAll(filepath.Join(folder, "images"), 0o755); err != nil {
		return err
	}
	result, err := measured(ctx, results)
	if err != nil || *profile != "" {
		return err
	}
	if err := report.Write(folder, result); err != nil || folder != docs {
		return err
	}
	return report.WriteComparison(folder, result)
}

// measured returns what was measured now, and keeps it in a file, or what is in the file that -draw names.
func measured(ctx context.Context, results string) (*report.Run, error) {
	if *draw != "" {
		text, err := os.ReadFile(*draw)
		if err != nil {
			return nil, err
		}
		run := &report.Run{}
		err = json.Unmarshal(text, run)
		return run, err
	}
	run, err := measure(ctx)
	if err != nil || *profile != "" {
		return run, err
	}
	text, err := json.Marshal(run)
	if err != nil {
		return nil, err
	}
	return run, os.WriteFile(results, append(text, '\n'), 0o644)
}

func measure(ctx context.Context) (*report.Run, error) {
	binaries, err := os.MkdirTemp("", "hawser-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(binaries)
	if err := build(ctx, binaries); err != nil {
		return nil, err
	}
	times, settle := plan.Full, 500*time.Millisecond
	times.For = *span
	workloads, n := plan.Workloads(times), *rounds
	if *quick {
		workloads, n, settle = plan.Workloads(plan.Quick), 1, 200*time.Millisecond
		if *only == "" {
			workloads = workloads[:plan.Important]
		}
	}
	run := about(ctx, n)
	cores := process.Pinned()
	run.Cores = cores.Server
	bench := bench{cores: cores, binaries: binaries, settle: settle, began: time.Now(), run: run}
	all := trials(workloads, n)
	log.Printf("%d trials of %d rounds, within %v:", len(all), n, *within)
	for i, t := range all {
		if t.round > 1 {
			break
		}
		if i == 0 || t.workload.Name != all[i-1].workload.Name {
			log.Printf("  %s:", t.workload.Name)
		}
		log.Printf("    %s", t.server)
	}
	for i, t := range all {
		if ctx.Err() != nil || time.Since(bench.began) > *within {
			log.Printf("%d trials are left out", len(all)-i)
			break
		}
		bench.trial(ctx, t)
		log.Printf("       %d of %d, %v left", i+1, len(all), bench.left(i+1, len(all)))
	}
	if len(run.Trials) == 0 {
		return nil, errors.New("nothing was measured")
	}
	return run, nil
}

func wanted(list, name string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

// A trial is a server to be measured at a workload, once.
type trial struct {
	workload plan.Workload
	server   string
	round    int
}

// trials returns what is wanted in its order: all in the first round, so that a run that is cut short has measured something of everything, and
// within a workload the servers in turn.
func trials(workloads []plan.Workload, rounds int) (all []trial) {
	for round := 1; round <= rounds; round++ {
		for _, w := range workloads {
			if !wanted(*only, w.Name) || w.Once && round > 1 {
				continue
			}
			for _, server := range w.Servers {
				if wanted(*servers, server) {
					all = append(all, trial{w, server, round})
				}
			}
		}
	}
	return all
}

// A bench is a run that is under way.
type bench struct {
	cores    process.Cores
	binaries string
	settle   time.Duration // between connecting and measuring
	began    time.Time
	run      *report.Run
}

// trial makes a trial. An interrupt ends it, and what was measured before counts.
func (b *bench) trial(ctx context.Context, t trial) {
	process.Calm(ctx, *calm)
	watch := process.BeginWatch()
	result, err := b.try(ctx, t.workload, plan.Find(t.server))
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		result.Error = err.Error() // the others count all the same
	}
	done := report.Trial{
		Workload: t.workload.Name, Server: t.server, Round: t.round, Connections: t.workload.Connections,
		Result: result, Others: watch.Others(),
	}
	b.run.Trials = append(b.run.Trials, done)
	log.Printf("%5.0fs  round %d  %s", time.Since(b.began).Seconds(), t.round, report.Line(done))
}

// left is how long the run goes on, if the trials that follow take as long as those before, and at most.
func (b *bench) left(done, all int) time.Duration {
	so := time.Since(b.began)
	return min(so/time.Duration(done)*time.Duration(all-done), max(0, *within-so)).Round(time.Second)
}

// longest is how long a trial may take. None does that does not hang.
const longest = 3 * time.Minute

func (b *bench) try(ctx context.Context, w plan.Workload, s plan.Server) (result load.Result, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	server, err := process.Start(ctx, b.cores.Server, s.Command(b.binaries, "node", w.TLS))
	if err != nil {
		return result, err
	}
	defer server.Stop()
	spec := w.Spec(s, server.Address, server.Control, b.settle)
	if *profile != "" {
		if spec.Profiles, err = filepath.Abs(filepath.Join(*profile, w.Name+"-"+s.Name)); err != nil {
			return result, err
		}
	}
	generator := []string{filepath.Join(b.binaries, "load")}
	if w.Client != "" {
		generator = []string{"node", "node/client/load.mjs", w.Client}
	}
	return process.Load(ctx, b.cores.Load, generator, spec)
}

func build(ctx context.Context, binaries string) error {
	if err := show(exec.CommandContext(ctx, "go", "build", "-o", binaries, "./servers/...", "./load")); err != nil {
		return fmt.Errorf("building the servers: %w", err)
	}
	if _, err := os.Stat("node/node_modules"); err == nil {
		return nil
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--silent")
	npm.Dir = "node"
	if err := show(npm); err != nil {
		return fmt.Errorf("installing the Node servers: %w", err)
	}
	return nil
}

func show(c *exec.Cmd) error {
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return c.Run()
}
