// The server that is soaked: an application with everything on that keeps something. What it may remember of those who left is short, so that a run of minutes
// goes through many such times.
package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/bench/internal/control"
	"github.com/hawser-go/hawser/broker/memory"
)

func main() {
	rt := hawser.New(hawser.Options{
		Broker:       memory.New(memory.Options{IdleChannels: 1024}),
		ResumeFor:    15 * time.Second,
		DedupeWindow: time.Minute,
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	for _, pattern := range []string{"room:{n}", "table:{n}"} {
		ch := rt.Channel(pattern)
		ch.OnJoin(allow)
		ch.AllowPublish()
		ch.History(hawser.HistoryOptions{Size: 100, Age: 30 * time.Second})
		ch.Presence(hawser.PresenceOptions{})
		ch.OnPresence(allow)
		ch.AllowState()
	}
	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(rt.Stats())
	})
	control.Run(control.App{Serve: control.HTTP(mux)})
}

func allow(*hawser.Context) error { return nil }
