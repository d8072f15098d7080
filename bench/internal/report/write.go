package report

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Write writes the page and its charts into a folder.
func Write(folder string, r *Run) error {
	var b strings.Builder
	writeHead(&b, r)
	writeTargets(&b, r)
	for _, s := range sections {
		c := s.write(&b, r)
		if c == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, "images", s.drawn.file), []byte(c.SVG()), 0o644); err != nil {
			return err
		}
	}
	writeFailures(&b, r)
	b.WriteString(tail)
	return os.WriteFile(filepath.Join(folder, "benchmarks.md"), []byte(b.String()), 0o644)
}

func writeHead(b *strings.Builder, r *Run) {
	b.WriteString("# Benchmarks\n\n<!-- Written by bench/: make bench. -->\n\n")
	b.WriteString("Hawser beside what the operating system takes at least, and beside its peers, measured in one run. Rates drift from machine to machine, " +
		"and from hour to hour: compare within a table. The numbers count work for each **CPU-second of the server** and memory for each connection, which " +
		"hold better than rates do. Hawser's guarantees are on: numbered logs, acknowledgements, bounds.\n\n")
	cores := "wherever the system put them"
	if r.Cores != "" {
		cores = "the server on two cores, the load generator on two others"
	}
	fmt.Fprintf(b, "| | |\n|---|---|\n| machine | %s |\n| processes | %s, over loopback |\n| Hawser | commit %s |\n| peers | %s |\n| run | `%s` in `bench/`, %s, %s |\n",
		r.Machine, cores, r.Commit, versionList(r.Versions), r.Command, r.Date, rounds(r.Rounds))
	b.WriteString("\nA number is the median of the rounds, with the lowest and the highest after it. Within a round the servers take turns.\n")
}

func rounds(n int) string {
	if n == 1 {
		return "one round"
	}
	return fmt.Sprintf("%d rounds", n)
}

func versionList(versions map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		all = append(all, name+" "+versions[name])
	}
	return strings.Join(all, ", ")
}

func writeFailures(b *strings.Builder, r *Run) {
	var failed []string
	for _, t := range r.Trials {
		if t.Result.Error != "" {
			failed = append(failed, fmt.Sprintf("- %s, %s, round %d: %s\n", t.Workload, t.Server, t.Round, t.Result.Error))
		}
	}
	if failed == nil {
		fmt.Fprintf(b, "\n## What went wrong\n\nNothing: in %d trials no message was lost, doubled, damaged or out of order.\n", len(r.Trials))
		return
	}
	fmt.Fprintf(b, "\n## What went wrong\n\n%d of %d trials. Their numbers count nowhere above.\n\n%s", len(failed), len(r.Trials), strings.Join(failed, ""))
}

const tail = `
## How it is measured

- Each server runs in a process of its own, started anew for each trial. The load generator is another process. It is told of neither by the other:
  a control connection asks the server to publish, in the same way for all, and to say what it has used (getrusage, and VmRSS after the garbage
  was collected and given back to the system).
- The load generator waits with epoll in two threads and reads raw frames, and checks every message: its number must be the next of that connection,
  and it must be whole. A lost, doubled or damaged message fails the trial. After each measurement all that was published must have arrived.
  The last column of a table says how many cores it took; where that is near 2, the rate is its limit and not the server's, but what the server took
  for each delivery is still what it took.
- The clients do what real ones must: answer pings, and for Hawser acknowledge every 64 messages or 32 KiB and with each pong on a WebSocket, and every
  1,024 messages or 256 KiB and with each pong, by requests, on a stream.
- centrifuge, gws, melody, ws and socket.io are as they come; the hubs on gorilla/websocket and coder/websocket are what one writes first.
  "Tuned" centrifuge has pooled and small WebSocket buffers, no limit to the messages in a frame, commands processed off the read loop, and GOGC=400.
  No server compresses. All serve from a plain net/http server.
- What servers promise differs. A bare WebSocket library keeps nothing for a client that comes back.

Not measured yet: centrifuge with Protobuf and over SSE, socket.io over polling, the default racing client's connects, HTTP/2, more than one machine.
`
