// centrifuge as it comes, with the history that a client recovers from, and the emulation that its fallbacks need.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/hawser-go/hawser/bench/networks/internal/ledger"
)

var bundle = flag.String("bundle", "", "the file with its client for browsers, served as /centrifuge.js")

type number struct {
	Run string `json:"run,omitempty"`
	N   int    `json:"n"`
}

func main() {
	flag.Parse()
	ups := ledger.New()
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EnableRecovery: true}}, nil)
		})
		client.OnMessage(func(e centrifuge.MessageEvent) {
			var in number
			if json.Unmarshal(e.Data, &in) == nil {
				ups.Add(in.Run, in.N)
			}
		})
		_ = client.Send([]byte(`"greeting"`)) // to one that is gone already
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	mux.Handle("/connection/http_stream", centrifuge.NewHTTPStreamHandler(node, centrifuge.HTTPStreamConfig{}))
	mux.Handle("/connection/sse", centrifuge.NewSSEHandler(node, centrifuge.SSEConfig{}))
	mux.Handle("/emulation", centrifuge.NewEmulationHandler(node, centrifuge.EmulationConfig{}))
	mux.HandleFunc("GET /centrifuge.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, *bundle) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>centrifuge</title>")
	})
	ups.Serve(mux, func(run string, n int) {
		data, err := json.Marshal(number{N: n})
		if err != nil {
			log.Fatal(err)
		}
		if _, err := node.Publish("run:"+run, data, centrifuge.WithHistory(4096, time.Minute)); err != nil {
			log.Fatal(err)
		}
	})
}
