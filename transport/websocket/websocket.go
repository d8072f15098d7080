// Package websocket carries frames both ways on one WebSocket (RFC 6455), a frame a message.
package websocket

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	gorilla "github.com/gorilla/websocket"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/response"
)

// Options configure the transport. The zero value is ready.
type Options struct{}

// WebSocket is the transport below "websocket".
type WebSocket struct {
	faults response.Faults
	// buffers are lent to connections while they write.
	buffers sync.Pool
}

var _ transport.Transport = (*WebSocket)(nil)

// New returns the transport.
func New(Options) *WebSocket { return &WebSocket{} }

// Name is "websocket".
func (*WebSocket) Name() string { return "websocket" }

// Path is "websocket".
func (*WebSocket) Path() string { return "websocket" }

const (
	// readBuffer is held by each connection for its life, so it is small: what is bigger is read past it.
	readBuffer = 512
	// writeBuffer holds a message's header, and small messages as a whole; what is bigger is written from where it is.
	writeBuffer = 4 << 10
)

// Serve upgrades the connection and returns. The connection is then read by a goroutine of its own, which ends with it.
func (t *WebSocket) Serve(host transport.Host, w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "this takes GET", http.StatusMethodNotAllowed)
		return
	}
	if !gorilla.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		http.Error(w, "this takes a WebSocket upgrade, and the request is none: a proxy on the way may have dropped it",
			http.StatusUpgradeRequired)
		return
	}
	c, protocol := negotiate(host, r)
	if c == nil {
		http.Error(w, "none of the WebSocket subprotocols offered is known here; known are "+known(host), http.StatusBadRequest)
		return
	}
	if hidden := response.Hijackable(w); hidden != nil {
		t.faults.Log(host.Logger(), t.Path(), hidden)
		http.Error(w, hidden.Error(), http.StatusNotImplemented)
		return
	}
	upgrader := gorilla.Upgrader{
		HandshakeTimeout: host.WriteTimeout(),
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  writeBuffer,
		WriteBufferPool:  &t.buffers,
		Subprotocols:     []string{protocol},
		CheckOrigin:      func(*http.Request) bool { return true }, // by the host, before Serve
	}
	ws, err := upgrader.Upgrade(hijacker{w}, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	conn := newConn(ws, host, c)
	conn.start(host.Open(r, transport.Opening{Transport: t.Name(), Codec: c, Sink: conn}))
}

// subprotocols is what the names of codecs are prefixed with.
var subprotocols = fmt.Sprintf("hawser.v%d.", codec.Version)

// negotiate returns the first codec that the client offers and the host has, and its subprotocol.
func negotiate(host transport.Host, r *http.Request) (codec.Codec, string) {
	for _, offered := range gorilla.Subprotocols(r) {
		if name, ours := strings.CutPrefix(offered, subprotocols); ours {
			if c := host.Codec(name); c != nil {
				return c, offered
			}
		}
	}
	return nil, ""
}

func known(host transport.Host) string {
	var names []string
	for _, name := range host.Codecs() {
		names = append(names, subprotocols+name)
	}
	return strings.Join(names, ", ")
}

// A hijacker finds the connection behind middleware that offers Unwrap and no Hijack.
type hijacker struct{ http.ResponseWriter }

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(h.ResponseWriter).Hijack()
}
