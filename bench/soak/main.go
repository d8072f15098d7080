// Command soak runs a server for a while under members who come, go, lose their connections and load their pages again, and looks at its memory. It writes
// docs/soak.md and its picture, and fails if memory grows, if anything of the members is left when they have gone, or if a message was lost
// silently. It runs in the folder of the bench module:
//
//	go run ./soak
//	go run ./soak -for 4m -members 200    what is not a whole run goes to the folder .quick
//	go run ./soak -heap FOLDER            heap profiles of the server, of every object: at the first rest that counts, at the last, and when all have left
//	go run ./soak -leak 64                a server that keeps 64 bytes of each session for ever: must fail
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/hawser-go/hawser/bench/internal/load"
	"github.com/hawser-go/hawser/bench/internal/machine"
	"github.com/hawser-go/hawser/bench/internal/process"
)

const (
	wholeRun     = 10 * time.Minute
	wholeMembers = 2000
)

var (
	lasts   = flag.Duration("for", wholeRun, "how long")
	members = flag.Int("members", wholeMembers, "how many members there are at any time")
	seed    = flag.Uint64("seed", uint64(time.Now().Unix()), "of what the members do")
	heap    = flag.String("heap", "", "a folder for heap profiles")
	leak    = flag.Int("leak", 0, "how many bytes the server keeps of each session for ever")
)

func main() {
	flag.Parse()
	log.SetFlags(0)
	if *lasts < fewest*round {
		log.Fatalf("soak: a run has at least %d rounds of %v", fewest, round)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		log.Fatal("soak: ", err)
	}
}

func run(ctx context.Context) error {
	binaries, err := os.MkdirTemp("", "hawser-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	build := exec.CommandContext(ctx, "go", "build", "-o", binaries, "./soak/server")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the server: %w", err)
	}
	line := []string{filepath.Join(binaries, "server"), fmt.Sprint("-leak=", *leak), fmt.Sprint("-exact=", *heap != "")}
	server, err := process.Start(context.WithoutCancel(ctx), "", line)
	if err != nil {
		return err
	}
	defer server.Stop()
	control, err := load.DialControl(server.Control)
	if err != nil {
		return err
	}
	r := &result{
		Machine: machine.Describe(ctx), Commit: machine.Commit(ctx), Date: time.Now().UTC().Format(time.DateOnly),
		Members: *members, For: *lasts, Seed: *seed, Leak: *leak,
	}
	log.Printf("seed %d", *seed)
	if err := soak(ctx, &watch{control: control, address: server.Address, began: time.Now(), heap: *heap}, r); err != nil {
		return err
	}
	folder := "../docs"
	if *lasts != wholeRun || *members != wholeMembers || *leak != 0 || *heap != "" {
		folder = ".quick"
	}
	if err := writePage(folder, r); err != nil {
		return err
	}
	log.Print(r.line())
	return r.verdict()
}

// soak fills r.
func soak(ctx context.Context, w *watch, r *result) (err error) {
	if r.Before, err = w.sample(ctx); err != nil {
		return err
	}
	crowd := gather(ctx, "http://"+w.address+"/realtime/", r.Members, r.Seed, &r.tally)
	defer crowd.disperse()
	rounds := int(r.For / round)
	for n := range rounds {
		crowd.stir()
		wait(ctx, stirs)
		stirred, err := w.sample(ctx)
		if err != nil {
			return err
		}
		log.Print("stir  ", stirred)
		crowd.rest()
		wait(ctx, rests)
		rested, err := w.atRest(ctx, r.Members)
		if err != nil {
			return err
		}
		log.Print("rest  ", rested)
		r.Stirs, r.Rests = append(r.Stirs, stirred), append(r.Rests, rested)
		if name := map[int]string{rounds / 4: "first", rounds - 1: "last"}[n]; name != "" {
			if err := w.profile(name); err != nil {
				return err
			}
		}
	}
	crowd.disperse()
	if r.After, err = w.empty(ctx, r.Before); err != nil {
		return err
	}
	log.Print("all have left: ", r.After)
	return w.profile("after")
}
