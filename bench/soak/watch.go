package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/bench/internal/load"
)

// A watch looks at the server.
type watch struct {
	control *load.Control
	address string
	began   time.Time
	heap    string // where heap profiles go; "": nowhere
	half    bool   // the one of half time is there
}

// A sample is the server at one moment, after its garbage was collected and given back.
type sample struct {
	At time.Duration // since the server began
	control.Usage
	hawser.Stats
}

func (s sample) String() string {
	return fmt.Sprintf("%4.0f s  %6.1f MB resident, %6.1f MB live, %5.2f MB stacks, %d goroutines, %d sessions, %d channels, %d remembered, %.0f CPU s",
		s.At.Seconds(), mega(s.RSS), mega(s.Live), mega(s.Stack), s.Goroutines, s.Sessions, s.Channels, s.Remembered, s.CPU)
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

func (w *watch) sample(ctx context.Context) (s sample, err error) {
	s.At = time.Since(w.began)
	if s.Usage, err = w.control.Ask("gc"); err != nil {
		return s, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.address+"/stats", nil)
	if err != nil {
		return s, err
	}
	r.Close = true // the connection would count
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	return s, json.NewDecoder(response.Body).Decode(&s.Stats)
}

// patience is for how long what the server may remember of those who left lasts, with some time to spare.
const patience = 2 * time.Minute

// empty samples until nothing is left of those who were there, or patience is over.
func (w *watch) empty(ctx context.Context, before sample) (s sample, err error) {
	for end := time.Now().Add(patience); ; {
		if s, err = w.sample(ctx); err != nil || s.emptyAs(before) || time.Now().After(end) {
			return s, err
		}
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}

func (s sample) emptyAs(before sample) bool {
	return s.Sessions+s.Channels+s.Remembered == 0 && s.Goroutines <= before.Goroutines
}

// due returns the name of the heap profile that is due, or "".
func (w *watch) due(at, whole time.Duration) string {
	switch {
	case at >= whole:
		return "end"
	case at >= whole/2 && !w.half:
		w.half = true
		return "half"
	}
	return ""
}

func (w *watch) profile(name string) error {
	if w.heap == "" {
		return nil
	}
	path, err := filepath.Abs(filepath.Join(w.heap, name+".heap"))
	if err != nil {
		return err
	}
	_, err = w.control.Ask("heap " + path)
	return err
}
