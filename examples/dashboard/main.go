// Command dashboard is a market in a browser: prices that change much faster than anybody needs them, and a button for a line that is too slow for all of
// them, on which they are still those of now.
package main

import (
	"embed"
	"flag"
	"net"

	"github.com/hawser-go/hawser/examples/internal/serve"
)

//go:embed page
var files embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "where to listen; port 0 takes a free one")
	flag.Parse()
	m := newMarket()
	serve.Site{
		Realtime: m.rt,
		Pages:    serve.Pages(files),
		Beside:   m.trade,
		Accepted: func(c net.Conn) net.Conn { return &line{Conn: c} },
		Wrap:     slowed,
	}.Main("dashboard", *addr)
}
