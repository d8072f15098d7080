// The server that is soaked: an application with everything on that keeps something. What it may remember of those who left is short, so that a run of minutes
// goes through many such times.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/broker/memory"
)

var (
	exact = flag.Bool("exact", false, "heap profiles of every object")
	leak  = flag.Int("leak", 0, "how many bytes to keep of each session for ever: what the soak is to find")
)

func main() {
	flag.Parse()
	if *exact {
		runtime.MemProfileRate = 1
	}
	broker := memory.New(memory.Options{IdleChannels: 1024})
	rt := hawser.New(hawser.Options{
		Broker:       broker,
		ResumeFor:    6 * time.Second,
		DedupeWindow: 6 * time.Second,
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	for _, pattern := range []string{"room:{n}", "table:{n}"} {
		ch := rt.Channel(pattern)
		ch.OnJoin(allow)
		ch.AllowPublish()
		ch.History(hawser.HistoryOptions{Size: 100, Age: 10 * time.Second})
		ch.Presence(hawser.PresenceOptions{})
		ch.OnPresence(allow)
		ch.AllowState()
	}
	if *leak > 0 {
		rt.OnConnect((&pile{each: *leak}).add)
	}
	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"server": rt.Stats(), "broker": broker.Stats()})
	})
	control.Run(control.App{Serve: control.HTTP(mux)})
}

func allow(*hawser.Context) error { return nil }
