// Package machine says what a measurement ran on, and which versions of what it measured.
package machine

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
)

// Describe returns the machine in a line: cores, memory, system, runtimes.
func Describe(ctx context.Context) string {
	node := strings.TrimPrefix(Said(ctx, "node", "--version"), "v")
	kernel := strings.Split(Said(ctx, "uname", "-r"), ".")
	return fmt.Sprintf("%d × %s, %s, Linux %s, %s, Node %s", runtime.NumCPU(), field("/proc/cpuinfo", "model name"), memory(),
		strings.Join(kernel[:min(2, len(kernel))], "."), runtime.Version(), node)
}

// Load returns the load average of the last minute, by /proc/loadavg: how many threads ran, or wanted to. 0 where the system does not say.
func Load() float64 {
	var load float64
	text, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, err = fmt.Sscan(string(text), &load)
	}
	if err != nil {
		return 0
	}
	return load
}

// Commit returns the repository's commit, and whether anything but measurements and documentation has changed since. It runs in the folder of the bench
// module.
func Commit(ctx context.Context) string {
	commit := Said(ctx, "git", "rev-parse", "--short=10", "HEAD")
	if Said(ctx, "git", "status", "--porcelain", "--", "..", ":!.", ":!../docs") != "" {
		commit += ", with changes"
	}
	return commit
}

// ModuleVersion returns the version of a Go module that bench requires.
func ModuleVersion(ctx context.Context, module string) string {
	return strings.TrimPrefix(Said(ctx, "go", "list", "-m", "-f", "{{.Version}}", module), "v")
}

// PackageVersion returns the version of an npm package that is installed in node/.
func PackageVersion(name string) string {
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

// Said returns what a command says, or "unknown".
func Said(ctx context.Context, line ...string) string {
	text, err := exec.CommandContext(ctx, line[0], line[1:]...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

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
