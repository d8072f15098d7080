package hawserecho_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/adapters/adaptertest"
	hawserecho "github.com/hawser-go/hawser/adapters/echo"
)

const limit = 30 * time.Second

// surroundings are what may stand around a mount.
var surroundings = []struct {
	name   string
	use    []echo.MiddlewareFunc
	around func(http.Handler) http.Handler
	hides  string // the writer that hides the connection, if one does
}{
	{name: "nothing"},
	{name: "Gzip", use: []echo.MiddlewareFunc{middleware.Gzip()}},
	{name: "BodyDump", use: []echo.MiddlewareFunc{bodyDump}},
	{name: "ContextTimeout", use: []echo.MiddlewareFunc{middleware.ContextTimeout(limit)}},
	{
		name: "what applications have",
		use: []echo.MiddlewareFunc{
			middleware.Recover(), middleware.Secure(), middleware.RequestID(), middleware.BodyLimit("2M"),
			middleware.Decompress(), bodyDump, middleware.Gzip(),
		},
	},
	{
		name: "Timeout",
		use: []echo.MiddlewareFunc{
			middleware.TimeoutWithConfig(middleware.TimeoutConfig{Timeout: limit}), //nolint:staticcheck // old, and in use
		},
		hides: "*http.timeoutWriter",
	},
	{
		name:   "http.TimeoutHandler",
		around: func(h http.Handler) http.Handler { return http.TimeoutHandler(h, limit, "") },
		hides:  "*http.timeoutWriter",
	},
	{
		name: "Gzip inside of Timeout",
		use: []echo.MiddlewareFunc{
			middleware.TimeoutWithConfig(middleware.TimeoutConfig{Timeout: limit}), //nolint:staticcheck // old, and in use
			middleware.Gzip(),
		},
		hides: "*http.timeoutWriter",
	},
}

var bodyDump = middleware.BodyDump(func(echo.Context, []byte, []byte) {})

func TestAroundAMount(t *testing.T) {
	for _, around := range surroundings {
		t.Run(around.name, func(t *testing.T) {
			mount := func(prefix string, rt *hawser.Server) http.Handler {
				e := echo.New()
				e.Use(around.use...)
				e.Use(identify)
				hawserecho.Mount(e, prefix, rt, hawserecho.Pick("user"))
				if around.around != nil {
					return around.around(e)
				}
				return e
			}
			t.Run("polls", func(t *testing.T) { works(t, mount, "poll") })
			if around.hides != "" {
				t.Run("a stream", func(t *testing.T) { fallsBack(t, mount, around.hides) })
				t.Run("a WebSocket", func(t *testing.T) { isRefused(t, mount, around.hides) })
				return
			}
			t.Run("a stream", func(t *testing.T) { works(t, mount, "sse") })
			t.Run("the first byte of a stream", func(t *testing.T) { comesAtOnce(t, mount) })
			t.Run("a WebSocket", func(t *testing.T) { works(t, mount, "websocket") })
		})
	}
}

// works tests that packets go up and come down one by one, each at once: what is held back would be waited for in vain.
func works(t *testing.T, mount adaptertest.Mount, transport string) {
	t.Helper()
	s := adaptertest.NewServer(t, adaptertest.Options{Mount: mount})
	wire := s.Client(t, http.Header{"X-User": {"alice"}}).Open(t, transport, adaptertest.Call(1, "whoami"))
	for id := uint64(1); id <= 3; id++ {
		assert.Equal(t, `"alice alice"`, adaptertest.Reply(t, wire, id))
		wire.Send(t, adaptertest.Call(id+1, "whoami"))
	}
	wire.Close()
	assert.Empty(t, s.Log())
}

// comesAtOnce tests that the head and the first byte of a stream come before the server has anything to say.
func comesAtOnce(t *testing.T, mount adaptertest.Mount) {
	t.Helper()
	known := make(chan struct{})
	s := adaptertest.NewServer(t, adaptertest.Options{
		Mount: mount,
		Authenticate: func(r *http.Request, _ string) (hawser.User, error) {
			select {
			case <-known:
			case <-r.Context().Done(): // the test has failed
			}
			return hawser.User{}, nil
		},
	})
	asked := time.Now()
	response := s.Client(t, nil).Ask(t, "sse")
	first := make([]byte, 1)
	_, err := io.ReadFull(response.Body, first)
	require.NoError(t, err)
	t.Logf("the first byte came after %v", time.Since(asked))
	assert.Equal(t, ":", string(first), "a comment")
	assert.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	assert.Empty(t, response.Header.Values("Content-Encoding"))

	close(known)
	welcome := make([]byte, len("\n\ndata: [1,"))
	_, err = io.ReadFull(response.Body, welcome)
	require.NoError(t, err)
	assert.Equal(t, "\n\ndata: [1,", string(welcome), "and then the welcome, as it is")
}

// fallsBack tests that a stream that would not get through is refused in a way that clients understand, and that the log says why.
func fallsBack(t *testing.T, mount adaptertest.Mount, hides string) {
	t.Helper()
	s := adaptertest.NewServer(t, adaptertest.Options{Mount: mount})
	response := s.Client(t, nil).Ask(t, "sse")
	assert.Equal(t, http.StatusNotImplemented, response.Status)
	assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
	assert.Contains(t, text(t, response), `[8,"unavailable",`, "a close")
	assert.Contains(t, s.Log(), "transport=sse writer="+hides)
}

func isRefused(t *testing.T, mount adaptertest.Mount, hides string) {
	t.Helper()
	s := adaptertest.NewServer(t, adaptertest.Options{Mount: mount})
	response := s.Client(t, nil).Upgrade(t)
	assert.Equal(t, http.StatusNotImplemented, response.Status)
	assert.Contains(t, s.Log(), "transport=websocket writer="+hides)
}

// text returns the body of a whole answer, which middleware may compress.
func text(t *testing.T, response adaptertest.Response) string {
	t.Helper()
	body := io.Reader(response.Body)
	if response.Header.Get("Content-Encoding") == "gzip" {
		var err error
		body, err = gzip.NewReader(body)
		require.NoError(t, err)
	}
	read, err := io.ReadAll(body)
	require.NoError(t, err)
	return string(read)
}
