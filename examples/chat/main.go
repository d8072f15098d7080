// Command chat is a chat in rooms that runs in a browser: open it in two windows, then cut the connection and see that nothing is lost.
package main

import (
	"embed"
	"flag"

	"github.com/hawser-go/hawser/examples/internal/serve"
)

//go:embed page
var files embed.FS

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen; port 0 takes a free one")
	flag.Parse()
	serve.Site{Realtime: newChat(), Pages: serve.Pages(files)}.Main("chat", *addr)
}
