// Package process runs the measured servers and the load generator, each in a process of its own and on cores
// of its own.
package process

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/hawser-go/hawser/bench/internal/load"
)

// Cores say where processes run: two cores for the server, two others for the load. On machines with fewer than
// four, or without taskset, the system decides.
type Cores struct{ Server, Load string }

// Pinned returns the cores to use here.
func Pinned() Cores {
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 4 {
		return Cores{}
	}
	return Cores{Server: "0,1", Load: "2,3"}
}

func command(ctx context.Context, cores string, line []string) *exec.Cmd {
	if cores != "" {
		line = append([]string{"taskset", "-c", cores}, line...)
	}
	c := exec.CommandContext(ctx, line[0], line[1:]...)
	c.Stderr = os.Stderr
	return c
}

// A Server is a server that runs.
type Server struct {
	Address, Control string

	cmd   *exec.Cmd
	stdin io.Closer
}

// Start starts a server, and waits until it is ready. It ends with ctx, or by Stop.
func Start(ctx context.Context, cores string, line []string) (*Server, error) {
	s := &Server{cmd: command(ctx, cores, line)}
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	said, err := bufio.NewReader(stdout).ReadString('\n')
	if words := strings.Fields(said); err == nil && len(words) == 3 && words[0] == "ready" {
		s.Address, s.Control = words[1], words[2]
		return s, nil
	}
	s.Stop()
	return nil, fmt.Errorf("%s said %q, and not that it is ready: %w", strings.Join(line, " "), said, err)
}

// Stop ends the server.
func (s *Server) Stop() {
	_ = s.stdin.Close()
	late := time.AfterFunc(5*time.Second, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	late.Stop()
}

// Load runs the load generator on a server. A trial that fails is a Result with an Error; err is for what is
// not the server's fault.
func Load(ctx context.Context, cores string, line []string, spec load.Spec) (result load.Result, err error) {
	in, err := json.Marshal(spec)
	if err != nil {
		return result, err
	}
	c := command(ctx, cores, line)
	c.Stdin = bytes.NewReader(in)
	out, err := c.Output()
	if err != nil {
		return result, fmt.Errorf("the load generator: %w", err)
	}
	err = json.Unmarshal(out, &result)
	return result, err
}
