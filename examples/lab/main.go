// Command lab is a server for black-box tests of clients and networks: it answers, with either codec and on any transport, what a test wants to
// see happen. See server.go for what.
package main

import (
	"embed"
	"flag"
	"log"
	"time"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/examples/internal/serve"
)

//go:embed page
var files embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8090", "where to listen; port 0 takes a free one")
	secure := flag.Bool("tls", false, "serve HTTPS, and so HTTP/2, with a certificate that nobody signed")
	var o hawser.Options
	flag.DurationVar(&o.Heartbeat, "heartbeat", 25*time.Second, "how often a quiet connection is tested")
	flag.DurationVar(&o.ResumeFor, "window", 2*time.Minute, "how long a session without a connection lives on")
	flag.DurationVar(&o.RecycleStreams, "recycle", 0, "how long a streamed response lasts; 0: for ever")
	flag.Parse()
	site := serve.Site{Realtime: newLab(o), Pages: serve.Pages(files)}
	if *secure {
		var err error
		if site.TLS, err = encryption(); err != nil {
			log.Fatal("lab: ", err)
		}
	}
	site.Main("lab", *addr)
}
