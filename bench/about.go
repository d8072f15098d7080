package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/hawser-go/hawser/bench/internal/plan"
	"github.com/hawser-go/hawser/bench/internal/report"
)

// about returns a run without trials: when, where, and of what.
func about(ctx context.Context, rounds int) *report.Run {
	commit := said(ctx, "git", "rev-parse", "--short=10", "HEAD")
	if said(ctx, "git", "status", "--porcelain", "--", "..", ":!.", ":!../docs") != "" {
		commit += ", with changes"
	}
	return &report.Run{
		Command:  strings.Join(append([]string{"go run ."}, os.Args[1:]...), " "),
		Date:     time.Now().UTC().Format(time.DateOnly),
		Commit:   commit,
		Machine:  machine(ctx),
		Versions: versions(ctx),
		Rounds:   rounds,
	}
}

func machine(ctx context.Context) string {
	node := strings.TrimPrefix(said(ctx, "node", "--version"), "v")
	kernel := strings.Split(said(ctx, "uname", "-r"), ".")
	return fmt.Sprintf("%d × %s, %s, Linux %s, %s, Node %s", runtime.NumCPU(), cpu(), memory(),
		strings.Join(kernel[:min(2, len(kernel))], "."), runtime.Version(), node)
}

func cpu() string { return field("/proc/cpuinfo", "model name") }

func memory() string {
	var kB int
	if _, err := fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%d kB", &kB); err != nil {
		return "memory unknown"
	}
	return fmt.Sprintf("%d GB", (kB+1<<19)>>20)
}

// field returns the value of a "name: value" line.
func field(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// versions returns the versions of the peers' modules and packages.
func versions(ctx context.Context) map[string]string {
	all := map[string]string{}
	for _, s := range plan.Servers {
		switch {
		case s.Module == "":
		case filepath.Ext(s.Program) == ".mjs":
			all[s.Module] = packageVersion(s.Module)
		default:
			all[s.Module] = strings.TrimPrefix(said(ctx, "go", "list", "-m", "-f", "{{.Version}}", s.Module), "v")
		}
	}
	return all
}

func packageVersion(name string) string {
	var p struct{ Version string }
	text, err := os.ReadFile(filepath.Join("node", "node_modules", name, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return "unknown"
	}
	return p.Version
}

// said returns what a command says, or "unknown".
func said(ctx context.Context, line ...string) string {
	text, err := exec.CommandContext(ctx, line[0], line[1:]...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}
