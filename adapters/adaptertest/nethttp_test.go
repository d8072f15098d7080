package adaptertest_test

import (
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/adapters/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// picking is what middleware does where there is no framework and so no adapter.
func picking(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get("X-User"); name != "" {
			r = hawser.WithRequestValue(r, "user", name)
		}
		next.ServeHTTP(w, r)
	})
}

func mux(prefix string, rt http.Handler) http.Handler {
	m := http.NewServeMux()
	m.Handle(prefix+"/", rt)
	return m
}

func TestServeMux(t *testing.T) {
	adaptertest.Run(t, func(prefix string, rt *hawser.Server) http.Handler { return picking(mux(prefix, rt)) })
}

func TestStripPrefix(t *testing.T) {
	adaptertest.Run(t, func(prefix string, rt *hawser.Server) http.Handler {
		return mux(prefix, http.StripPrefix(prefix, picking(rt)))
	})
}

// A mux below a mux, each of which takes its part of the path off.
func TestSubPath(t *testing.T) {
	adaptertest.Run(t, func(prefix string, rt *hawser.Server) http.Handler {
		parent, last := path.Split(prefix)
		parent = strings.TrimSuffix(parent, "/")
		return mux(parent, http.StripPrefix(parent, mux("/"+last, picking(rt))))
	})
}

// Over HTTP/2 streams and polls share one connection. There is no upgrade in HTTP/2: who asks for a WebSocket there is told so, and
// falls back; browsers ask on a connection of its own, with HTTP/1.1.
func TestHTTP2(t *testing.T) {
	s := adaptertest.NewServer(t, adaptertest.Options{
		HTTP2: true,
		Mount: func(prefix string, rt *hawser.Server) http.Handler { return picking(mux(prefix, rt)) },
	})
	r := s.Do(t, http.MethodGet, "websocket", nil)
	assert.Equal(t, 2, r.Proto)
	assert.Equal(t, http.StatusUpgradeRequired, r.Status)

	for _, transport := range adaptertest.Transports {
		t.Run(transport, func(t *testing.T) {
			c := s.Client(t, http.Header{"X-User": {"alice"}})
			wire := c.Open(t, transport, adaptertest.Call(1, "whoami"))
			assert.Equal(t, `"alice alice"`, adaptertest.Reply(t, wire, 1))
			wire.Send(t, adaptertest.Call(2, "whoami"))
			assert.Equal(t, `"alice alice"`, adaptertest.Reply(t, wire, 2))
			wire.Close()
		})
	}
	assert.Equal(t, 2, s.Client(t, nil).Ask(t, "sse").Proto)
}
