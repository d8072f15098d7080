// Hawser as it comes. No option is set but how much it logs.
package main

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/bench/networks/internal/ledger"
)

type number struct {
	Run string `json:"run,omitempty"`
	N   int    `json:"n"`
}

func main() {
	ups := ledger.New()
	rt := hawser.New(hawser.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	rt.OnConnect(func(c *hawser.Context) error { return c.Session().Send("greeting", nil) })
	rt.Channel("run:{run}").OnJoin(func(*hawser.Context) error { return nil })
	hawser.HandleEvent(rt, "up", func(_ *hawser.Context, in number) error {
		ups.Add(in.Run, in.N)
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>Hawser</title>")
	})
	ups.Serve(mux, func(run string, n int) {
		if _, err := rt.Publish(context.Background(), "run:"+run, "down", number{N: n}); err != nil {
			log.Fatal(err)
		}
	})
}
