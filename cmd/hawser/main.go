// Command hawser looks after Hawser servers.
//
//	hawser doctor [flags] URL    what works on the way to a server, and what stands in the way
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"

	"github.com/hawser-go/hawser/cmd/hawser/internal/doctor"
)

const usage = `usage: hawser doctor [flags] URL

Tries each transport of the server at URL, and says what works, what stands in the way of the others, and what to change.
Exits with 0 if all is well, 1 if it works and something is wrong, 2 if no transport works or the question is not understood.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, arguments []string, out, errs io.Writer) int {
	if len(arguments) == 0 || arguments[0] != "doctor" {
		fmt.Fprint(errs, usage)
		return 2
	}
	o := doctor.Options{Proxy: http.ProxyFromEnvironment}
	flags := flag.NewFlagSet("hawser doctor", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() {
		fmt.Fprint(errs, usage)
		flags.PrintDefaults()
	}
	asJSON := flags.Bool("json", false, "the report as JSON")
	flags.StringVar(&o.Token, "token", "", "the `token` to show, if the server wants to know who asks")
	flags.StringVar(&o.Origin, "origin", "", "the `origin` to come from, as a page would: https://app.example.com")
	flags.DurationVar(&o.Patience, "patience", 0, "how long one answer may take (default 2s)")
	flags.DurationVar(&o.Watch, "watch", 0, "how long a quiet connection is watched; longer finds longer timeouts (default 3s)")
	if flags.Parse(arguments[1:]) != nil {
		return 2
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	o.URL = flags.Arg(0)
	if flags.Parse(flags.Args()[1:]) != nil { // flags may stand behind the URL too
		return 2
	}
	if flags.NArg() > 0 {
		flags.Usage()
		return 2
	}
	report, err := doctor.Examine(ctx, o)
	if err != nil {
		fmt.Fprintln(errs, "hawser:", err)
		return 2
	}
	if *asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Print(out, coloured(out))
	}
	if err != nil {
		fmt.Fprintln(errs, "hawser:", err)
		return 2
	}
	return report.ExitCode()
}

// coloured reports whether out is a terminal whose user has not asked for plain text: https://no-color.org.
func coloured(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
