// Command soak runs a server for a while under members who come, go, lose their connections and load their pages again, and looks at its memory. It writes
// docs/soak.md and its picture, and fails if memory grows, if anything of the members is left when they have gone, or if a message was lost
// silently. It runs in the folder of the bench module:
//
//	go run ./soak
//	go run ./soak -for 1m -members 200    what is not a whole run goes to the folder .quick
//	go run ./soak -heap FOLDER            heap profiles of the server: at half time, at the end, and when all have left
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
	every   = flag.Duration("every", 10*time.Second, "how often the server's memory is measured")
	growth  = flag.Float64("growth", 1.05, "how much more, at most, there may be at the end than at half time")
	seed    = flag.Uint64("seed", uint64(time.Now().Unix()), "of what the members do")
	heap    = flag.String("heap", "", "a folder for heap profiles")
)

func main() {
	flag.Parse()
	log.SetFlags(0)
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
	server, err := process.Start(context.WithoutCancel(ctx), "", []string{filepath.Join(binaries, "server")})
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
		Members: *members, For: *lasts, Growth: *growth, Seed: *seed,
	}
	log.Printf("seed %d", *seed)
	if err := soak(ctx, &watch{control: control, address: server.Address, began: time.Now(), heap: *heap}, r); err != nil {
		return err
	}
	folder := "../docs"
	if *lasts != wholeRun || *members != wholeMembers {
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
	ticks := time.NewTicker(*every)
	defer ticks.Stop()
	end := time.After(r.For)
	for running := true; running; {
		select {
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-end:
			running = false
		case <-ticks.C:
		}
		s, err := w.sample(ctx)
		if err != nil {
			return err
		}
		r.Samples = append(r.Samples, s)
		log.Print(s)
		if name := w.due(s.At, r.For); name != "" {
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
