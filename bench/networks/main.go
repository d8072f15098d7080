// Command networks lets Hawser's client and its peers meet the same bad networks, and writes docs/networks.md. It runs in the folder of the bench module:
//
//	go run ./networks                  every case, five times
//	go run ./networks -runs 1
//	go run ./networks -only stalled    some cases, with commas between them
//	go run ./networks -draw            the page again, from what was measured before
//
// What does not run every case goes to the folder .quick instead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/hawser-go/hawser/bench/internal/machine"
)

var (
	runs = flag.Int("runs", 5, "how often every case is run")
	only = flag.String("only", "", "the cases to run")
	draw = flag.Bool("draw", false, "write the page from the results of the last run")
)

func main() {
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		log.Fatal("networks: ", err)
	}
}

// docs is where the pages are that people read.
const docs = "../docs"

func run(ctx context.Context) error {
	folder, file := docs, "networks/results.json"
	if *only != "" {
		folder, file = ".quick", ".quick/networks.json"
	}
	if err := os.MkdirAll(filepath.Join(folder, "images"), 0o755); err != nil {
		return err
	}
	var r *results
	var err error
	if *draw {
		r, err = readResults(file)
	} else {
		r, err = measureAll(ctx, file)
	}
	if err != nil {
		return err
	}
	if err := writePage(folder, r); err != nil {
		return err
	}
	log.Printf("wrote %s/networks.md", folder)
	if folder != docs {
		return nil
	}
	return writeComparison(folder, r)
}

func measureAll(ctx context.Context, file string) (*results, error) {
	chosen, err := choose(*only)
	if err != nil {
		return nil, err
	}
	before := machine.Load()
	binaries, err := os.MkdirTemp("", "hawser-networks-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(binaries)
	build := exec.CommandContext(ctx, "go", "build", "-o", binaries, "./networks/servers/...")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building the servers: %w", err)
	}
	r := &results{
		Command:  fmt.Sprintf("make networks RUNS=%d", *runs),
		Date:     time.Now().UTC().Format(time.DateOnly),
		Commit:   machine.Commit(ctx),
		Machine:  machine.Describe(ctx),
		Versions: versions(ctx),
		Load:     &load{Processors: runtime.NumCPU(), Before: value(before)},
		Runs:     *runs,
	}
	if *only != "" {
		r.Command += " CASE=" + *only
	}
	tour := newTour(ctx, binaries, r)
	defer tour.stop()
	for n := 1; n <= *runs && ctx.Err() == nil; n++ {
		if err := tour.run(n, chosen); err != nil {
			return nil, err
		}
	}
	r.Seconds = int(time.Since(tour.began).Seconds())
	r.Load.After = value(machine.Load())
	if len(r.Trials) == 0 {
		return nil, errors.New("nothing was measured")
	}
	err = r.write(file)
	return r, err
}

// choose returns the scenarios of a list of names; all of them for none.
func choose(names string) ([]scenario, error) {
	if names == "" {
		return scenarios, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(names, ",") {
		s, ok := findScenario(name)
		if !ok {
			var known []string
			for _, s := range scenarios {
				known = append(known, s.name)
			}
			return nil, fmt.Errorf("there is no case %q, only %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, s)
	}
	return chosen, nil
}

// versions returns what is measured, with its versions.
func versions(ctx context.Context) []string {
	module := "github.com/centrifugal/centrifuge"
	all := []string{"centrifuge " + machine.ModuleVersion(ctx, module)}
	for _, name := range []string{"centrifuge", "eventsource", "socket.io", "socket.io-client", "ws"} {
		label := name
		if name == "centrifuge" {
			label = "centrifuge-js"
		}
		all = append(all, label+" "+machine.PackageVersion(name))
	}
	return all
}
