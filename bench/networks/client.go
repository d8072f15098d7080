package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A client is a process with one client in it, which is told in lines what to do: see client.mjs and browser.mjs.
type client struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startClient starts a script of npm's side. It ends with ctx, or by stop.
func startClient(ctx context.Context, script string, arguments ...string) (*client, error) {
	c := &client{cmd: exec.CommandContext(ctx, "node", append([]string{filepath.Join(scripts, script)}, arguments...)...)}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	c.cmd.Stderr = os.Stderr
	return c, c.cmd.Start()
}

func (c *client) stop() {
	_ = c.in.Close()
	late := time.AfterFunc(5*time.Second, func() { _ = c.cmd.Process.Kill() })
	_ = c.cmd.Wait()
	late.Stop()
}

// A command is one line to a client.
type command struct {
	Do     string  `json:"do"`
	URL    string  `json:"url,omitempty"`
	Run    string  `json:"run,omitempty"`
	Within float64 `json:"within,omitempty"` // ms
	Hz     int     `json:"hz,omitempty"`
	Count  int     `json:"count,omitempty"`
}

// ask has a command done, and reads its answer.
func (c *client) ask(command command, answer any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("the client is gone: %w", err)
	}
	line, err = c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the client is gone: %w", err)
	}
	var failed struct{ Error string }
	if err := json.Unmarshal(line, &failed); err != nil {
		return err
	}
	if failed.Error != "" {
		first, _, _ := strings.Cut(failed.Error, "\n")
		return fmt.Errorf("the client: %s", first)
	}
	return json.Unmarshal(line, answer)
}

// open opens a client, and returns after how many ms the server's first message came; infinity: not in time.
func (c *client) open(url, run string, within time.Duration) (float64, error) {
	var answer struct{ Ms *float64 }
	if err := c.ask(command{Do: "open", URL: url, Run: run, Within: millis(within)}, &answer); err != nil {
		return 0, err
	}
	if answer.Ms == nil {
		return math.Inf(1), nil
	}
	return *answer.Ms, nil
}

func (c *client) transport() (string, error) {
	var answer struct{ Transport string }
	err := c.ask(command{Do: "transport"}, &answer)
	return answer.Transport, err
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
