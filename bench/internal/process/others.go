package process

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Watch sees what the machine does beside the processes that were started here: a measurement counts less on one that has other
// things to do.
type Watch struct {
	began    time.Time
	busy     float64 // seconds, of all cores
	children float64
}

// BeginWatch begins to watch.
func BeginWatch() Watch { return Watch{began: time.Now(), busy: busy(), children: children()} }

// Others returns how many cores other processes kept busy since then, on average. All processes started here must have ended.
func (w Watch) Others() float64 {
	return max(0, busy()-w.busy-(children()-w.children)) / time.Since(w.began).Seconds()
}

// busy returns for how long cores have been busy, in seconds, by /proc/stat: proc(5).
func busy() (seconds float64) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(first) {
		ticks, err := strconv.ParseFloat(field, 64)
		if idle := i == 4 || i == 5; err != nil || idle || i > 7 { // also the guests, which are counted twice
			continue
		}
		seconds += ticks / 100
	}
	return seconds
}

// children returns what the processes that were started here and have ended used, in seconds.
func children() float64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &used) // of the process itself: it cannot fail
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

// Calm waits until other processes keep less than a third of a core busy, but no longer than patience.
func Calm(ctx context.Context, patience time.Duration) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		watch := BeginWatch()
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return
		}
		if watch.Others() < 1.0/3 {
			return
		}
	}
}
