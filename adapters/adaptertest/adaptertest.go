// Package adaptertest says what the adapter of a web framework must do, as tests that each of them passes, and has the server and the
// client that their own tests need. Everything goes over real HTTP, on loopback.
package adaptertest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// Mount makes an application of the framework, with rt below prefix ("/realtime"). In front of it stands middleware of the framework that keeps the
// request's header "X-User", if there is one, in the framework's context under "user", and the adapter picks that. When the request is
// over, the middleware spoils the context, if the framework reuses it.
type Mount func(prefix string, rt *hawser.Server) http.Handler

// Transports are the transports that a Client can use.
var Transports = []string{"websocket", "sse", "poll"}

// Run tests an adapter.
func Run(t *testing.T, mount Mount) {
	for _, prefix := range []string{"/realtime", "/deep/down/realtime"} {
		for _, transport := range Transports {
			t.Run(fmt.Sprintf("%s below %s", transport, prefix), func(t *testing.T) {
				s := NewServer(t, Options{Prefix: prefix, Mount: mount})
				picked(t, s, transport)
			})
		}
	}
	t.Run("every method is answered", func(t *testing.T) { methods(t, NewServer(t, Options{Mount: mount})) })
	t.Run("the client's bundles", func(t *testing.T) {
		s := NewServer(t, Options{Mount: mount})
		r := s.Do(t, http.MethodGet, "hawser.js", nil)
		assert.Equal(t, http.StatusOK, r.Status)
		assert.Contains(t, r.Header.Get("Content-Type"), "javascript")
	})
}

// picked tests that what the framework's middleware had found out reaches Authenticate, and handlers long after that request.
func picked(t *testing.T, s *Server, transport string) {
	t.Helper()
	alice := s.Client(t, http.Header{"X-User": {"alice"}})
	wire := alice.Open(t, transport, Call(1, "whoami"))
	assert.Equal(t, `"alice alice"`, Reply(t, wire, 1), "within the request that created the session")

	bob := s.Client(t, http.Header{"X-User": {"bob"}})
	assert.Equal(t, `"bob bob"`, Reply(t, bob.Open(t, transport, Call(1, "whoami")), 1))

	wire.Send(t, Call(2, "whoami"))
	assert.Equal(t, `"alice alice"`, Reply(t, wire, 2), "after other requests")
	wire.Close()

	again := alice.Open(t, transport, Call(3, "whoami"))
	assert.Equal(t, `"alice alice"`, Reply(t, again, 3), "after the wire that created the session")

	nobody := s.Client(t, nil)
	assert.Equal(t, `" <nil>"`, Reply(t, nobody.Open(t, transport, Call(1, "whoami")), 1), "what is not there is left out")
}

// methods tests that the framework leaves it to the server which methods there are.
func methods(t *testing.T, s *Server) {
	t.Helper()
	r := s.Do(t, http.MethodGet, "poll?v=1&codec=json", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, r.Status)
	assert.Equal(t, http.MethodPost, r.Header.Get("Allow"))
	assert.Equal(t, http.StatusMethodNotAllowed, s.Do(t, http.MethodDelete, "websocket", nil).Status)

	preflight := s.Do(t, http.MethodOptions, "sse", http.Header{
		"Origin": {FriendlyOrigin}, "Access-Control-Request-Method": {http.MethodPost},
	})
	assert.Equal(t, http.StatusNoContent, preflight.Status)
	assert.Equal(t, FriendlyOrigin, preflight.Header.Get("Access-Control-Allow-Origin"))
}

// refusals are what no test here wants to hear.
var refusals = []codec.Kind{codec.KindClose, codec.KindGone, codec.KindError, codec.KindEnd}

// Reply waits for the answer to the call with that id, and returns its data as JSON.
func Reply(t *testing.T, w Wire, id uint64) string {
	t.Helper()
	for {
		p := w.Next(t)
		require.NotContains(t, refusals, p.Kind, "%+v", p)
		if p.Kind == codec.KindReply && p.ID == id {
			return string(p.Data.Raw)
		}
	}
}
