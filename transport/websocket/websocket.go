// Package websocket carries frames both ways on one WebSocket (RFC 6455), a frame a message. Handshake and frames are read and
// written here, so that a connection that is idle holds no buffer, and one that is busy costs one system call for all that goes out together.
package websocket

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/age"
	"github.com/hawser-go/hawser/transport/internal/pump"
	"github.com/hawser-go/hawser/transport/internal/response"
)

// Options configure the transport. The zero value is ready.
type Options struct {
	// MaxAge is how long a connection lasts at most: set it below what a proxy on the way allows one to take, however busy it is. (Most have such a bound only
	// for quiet ones, which heartbeats keep open.) Some time before, the client is asked to open another one beside it, and to move there. By chance
	// up to a quarter less; 4 s is the least. 0: connections last for ever.
	MaxAge time.Duration
}

// WebSocket is the transport below "websocket".
type WebSocket struct {
	options Options
	faults  response.Faults
	staff   staff
}

var _ transport.Transport = (*WebSocket)(nil)

// New returns the transport.
func New(o Options) *WebSocket {
	return &WebSocket{options: o, staff: staff{writers: pump.NewCrew()}}
}

// Name is "websocket".
func (*WebSocket) Name() string { return "websocket" }

// Path is "websocket".
func (*WebSocket) Path() string { return "websocket" }

// Serve upgrades the connection and returns. The connection is then read by a goroutine of its own, which ends with it.
func (t *WebSocket) Serve(host transport.Host, w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "this takes GET", http.StatusMethodNotAllowed)
		return
	}
	if !isUpgrade(r) {
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
	below, ok := upgrade(w, r, protocol, host.WriteTimeout())
	if !ok {
		return
	}
	start(below, host, c, &t.staff, func(sink transport.Sink, runner transport.Runner) transport.Wire {
		opening := transport.Opening{
			Transport: t.Name(), Codec: c, Sink: sink, Runner: runner, Ends: age.Ends(t.options.MaxAge),
		}
		return host.Open(r, opening)
	})
}

// subprotocols is what the names of codecs are prefixed with.
var subprotocols = fmt.Sprintf("hawser.v%d.", codec.Version)

// negotiate returns the first codec that the client offers and the host has, and its subprotocol.
func negotiate(host transport.Host, r *http.Request) (codec.Codec, string) {
	for offered := range elements(r.Header["Sec-Websocket-Protocol"]) {
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
