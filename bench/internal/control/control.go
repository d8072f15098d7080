// Package control is how a measured server is steered and watched: over a connection of its own, in lines, so
// that all are told to publish in the same way, whatever their clients speak.
//
//	publish ROOM FIRST COUNT   publish the messages FIRST … FIRST+COUNT-1 to a room, in order; no answer
//	usage                      a Usage, as a line of JSON
//	gc                         the same, after the garbage was collected and given back
//	profile FILE               begin a CPU profile; profile alone ends it
//	heap FILE                  write a heap profile
package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
)

// A Usage is what a process has used so far, by its own accounting.
type Usage struct {
	CPU        float64 `json:"cpu"`        // user and system time, in seconds
	RSS        int64   `json:"rss"`        // bytes of memory now
	Peak       int64   `json:"peak"`       // the most there were
	Heap       int64   `json:"heap"`       // bytes of Go's heap in use, or 0
	Live       int64   `json:"live"`       // bytes of the objects in it, or 0
	Objects    int64   `json:"objects"`    // how many they are, or 0
	Stack      int64   `json:"stack"`      // bytes of Go's stacks, or 0
	Goroutines int     `json:"goroutines"` // or 0
}

// An App is a server to be measured.
type App struct {
	// Serve serves clients until it fails.
	Serve func(net.Listener) error
	// Publish publishes the messages first … first+count-1 to a room.
	Publish func(room int, first uint32, count int)
}

// HTTP returns a Serve for a handler.
func HTTP(h http.Handler) func(net.Listener) error {
	return func(l net.Listener) error { return (&http.Server{Handler: h}).Serve(l) }
}

// Each returns a Publish for an app that takes messages one at a time.
func Each(publish func(room int, seq uint32)) func(room int, first uint32, count int) {
	return func(room int, first uint32, count int) {
		for i := range count {
			publish(room, first+uint32(i))
		}
	}
}

// settling is how often the garbage is collected before memory is measured: pools let go at the second time,
// and each time halves the stacks that are mostly empty.
const settling = 4

var secure = flag.Bool("tls", false, "speak TLS, with a certificate made on the spot")

// Run runs an app: it says on its standard output where it listens, and exits when its standard input ends.
func Run(app App) {
	if !flag.Parsed() {
		flag.Parse()
	}
	clients, controls := listen(), listen()
	served := clients
	if *secure {
		served = secured(clients)
	}
	go func() { log.Fatal(app.Serve(served)) }()
	go func() {
		for {
			c, err := controls.Accept()
			if err != nil {
				log.Fatal(err)
			}
			go app.obey(c)
		}
	}()
	fmt.Println("ready", clients.Addr(), controls.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func listen() net.Listener {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return l
}

func (app App) obey(c net.Conn) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		if err := app.command(c, strings.Fields(lines.Text())); err != nil {
			log.Panicf("%q: %v", lines.Text(), err)
		}
	}
}

func (app App) command(c net.Conn, words []string) error {
	switch {
	case len(words) == 4 && words[0] == "publish":
		room, err := strconv.Atoi(words[1])
		if err != nil {
			return err
		}
		first, err := strconv.ParseUint(words[2], 10, 32)
		if err != nil {
			return err
		}
		count, err := strconv.Atoi(words[3])
		if err != nil {
			return err
		}
		app.Publish(room, uint32(first), count)
		return nil
	case len(words) == 1 && words[0] == "usage":
		return json.NewEncoder(c).Encode(usage())
	case len(words) == 1 && words[0] == "gc":
		for range settling {
			runtime.GC()
		}
		debug.FreeOSMemory()
		return json.NewEncoder(c).Encode(usage())
	case len(words) == 2 && words[0] == "profile":
		file, err := os.Create(words[1])
		if err != nil {
			return err
		}
		return pprof.StartCPUProfile(file)
	case len(words) == 1 && words[0] == "profile":
		pprof.StopCPUProfile()
		return json.NewEncoder(c).Encode(usage())
	case len(words) == 2 && words[0] == "heap":
		file, err := os.Create(words[1])
		if err != nil {
			return err
		}
		defer file.Close()
		runtime.GC()
		if err := pprof.WriteHeapProfile(file); err != nil {
			return err
		}
		return json.NewEncoder(c).Encode(usage())
	}
	return errors.New("no such command")
}

func usage() Usage {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		log.Fatal(err)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return Usage{
		CPU:        seconds(own.Utime) + seconds(own.Stime),
		RSS:        status("VmRSS:"),
		Peak:       status("VmHWM:"),
		Heap:       int64(memory.HeapInuse),
		Live:       int64(memory.HeapAlloc),
		Objects:    int64(memory.HeapObjects),
		Stack:      int64(memory.StackInuse),
		Goroutines: runtime.NumGoroutine(),
	}
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// status reads a line of /proc/self/status that is in kB.
func status(name string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if after, ok := strings.CutPrefix(line, name); ok {
			kB, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
			if err != nil {
				log.Fatal(err)
			}
			return kB << 10
		}
	}
	log.Fatalf("/proc/self/status has no %s", name)
	return 0
}
