// Command netlab is a network that misbehaves on command: a proxy on loopback in front of a server. docs/netlab.md lists the faults.
//
//	netlab -target 127.0.0.1:8090 -fault latency:up=50ms:down=50ms,upgrade-swallowed
//
// It prints "listening on http://HOST:PORT". Then each line of its standard input is a command in JSON, answered by one line of its standard output;
// the end of the input ends it. See control.go.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/hawser-go/hawser/internal/netlab"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(arguments []string, in io.Reader, out, errs io.Writer) int {
	flags := flag.NewFlagSet("netlab", flag.ContinueOnError)
	flags.SetOutput(errs)
	target := flags.String("target", "127.0.0.1:8090", "the `address` of the server behind it")
	listen := flags.String("listen", "127.0.0.1:0", "the loopback `address` to listen on; port 0 takes a free one")
	seed := flags.Uint64("seed", 1, "where random numbers start")
	text := flags.String("fault", "", "the `faults` to begin with, as in docs/netlab.md")
	if flags.Parse(arguments) != nil {
		return 2
	}
	faults, err := netlab.Parse(*text)
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	lab, err := netlab.Listen(*listen, netlab.Options{Target: *target, Seed: *seed, Faults: faults})
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	defer lab.Close()
	fmt.Fprintln(out, "listening on", lab.URL())
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if _, err := out.Write(obey(lab, lines.Bytes())); err != nil {
			break
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(errs, "netlab:", err)
		return 1
	}
	return 0
}
