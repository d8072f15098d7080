// Command cursors is a chart that several people look at: everyone's cursor moves on everyone's screen, and a corner says who is here.
package main

import (
	"embed"
	"flag"

	"github.com/hawser-go/hawser/examples/internal/serve"
)

//go:embed page
var files embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8082", "where to listen; port 0 takes a free one")
	flag.Parse()
	serve.Site{Realtime: newChart(), Pages: serve.Pages(files)}.Main("cursors", *addr)
}
