package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hawser-go/hawser/bench/internal/machine"
	"github.com/hawser-go/hawser/bench/internal/plan"
	"github.com/hawser-go/hawser/bench/internal/report"
)

// about returns a run without trials: when, where, and of what.
func about(ctx context.Context, rounds int) *report.Run {
	return &report.Run{
		Command:  strings.Join(append([]string{"go run ."}, os.Args[1:]...), " "),
		Date:     time.Now().UTC().Format(time.DateOnly),
		Commit:   machine.Commit(ctx),
		Machine:  machine.Describe(ctx),
		Versions: versions(ctx),
		Rounds:   rounds,
	}
}

// versions returns the versions of the peers' modules and packages.
func versions(ctx context.Context) map[string]string {
	all := map[string]string{}
	for _, s := range plan.Servers {
		switch {
		case s.Module == "":
		case filepath.Ext(s.Program) == ".mjs":
			all[s.Module] = machine.PackageVersion(s.Module)
		default:
			all[s.Module] = machine.ModuleVersion(ctx, s.Module)
		}
	}
	return all
}
