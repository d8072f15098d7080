package transporttest_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/polling"
	"github.com/hawser-go/hawser/transport/sse"
	"github.com/hawser-go/hawser/transport/transporttest"
	"github.com/hawser-go/hawser/transport/uplink"
	"github.com/hawser-go/hawser/transport/websocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// around is middleware that people put around everything.
var around = map[string]struct {
	handler func(http.Handler) http.Handler
	hides   string // the type that keeps transports from the connection
}{
	"Echo alone":                   {handler: inEcho()},
	"Echo's Gzip":                  {handler: inEcho(middleware.Gzip())},
	"Echo's Gzip with a MinLength": {handler: inEcho(middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 1 << 10}))},
	"Echo's BodyDump":              {handler: inEcho(middleware.BodyDump(func(echo.Context, []byte, []byte) {}))},
	"Echo's Recover, BodyDump and Gzip": {
		handler: inEcho(middleware.Recover(), middleware.BodyDump(func(echo.Context, []byte, []byte) {}), middleware.Gzip()),
	},
	"Echo's ContextTimeout": {handler: inEcho(middleware.ContextTimeout(time.Minute))},
	"Echo's Timeout": {
		//nolint:staticcheck // deprecated, and still in use
		handler: inEcho(middleware.TimeoutWithConfig(middleware.TimeoutConfig{Timeout: time.Minute})),
		hides:   "*http.timeoutWriter",
	},
	"http.TimeoutHandler": {
		handler: func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "late") },
		hides:   "*http.timeoutWriter",
	},
	"a gzip writer that cannot be unwrapped": {
		handler: func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(flusherOnly{w, w.(http.Flusher)}, r) })
		},
		hides: "transporttest_test.flusherOnly",
	},
}

func inEcho(use ...echo.MiddlewareFunc) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		e := echo.New()
		e.Use(use...)
		e.Any("/realtime/*", echo.WrapHandler(h))
		return e
	}
}

type flusherOnly struct {
	http.ResponseWriter
	http.Flusher
}

func TestMiddleware(t *testing.T) {
	for name, m := range around {
		t.Run(name, func(t *testing.T) {
			for path, test := range map[string]func(*exchange){"sse": stream, "poll": poll, "send": send, "websocket": socket} {
				t.Run(path, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { within(t, m.handler, m.hides, test) })
				})
			}
		})
	}
}

// An exchange is one client of a server with middleware.
type exchange struct {
	*testing.T
	host   *transporttest.Host
	server *transporttest.Server
	codec  codec.Codec
	hides  string
}

func within(t *testing.T, middleware func(http.Handler) http.Handler, hides string, test func(*exchange)) {
	var log bytes.Buffer
	host := transporttest.NewHost()
	host.Log = slog.New(slog.NewTextHandler(&log, nil))
	server := transporttest.NewServer(host, func(s *http.Server) { s.Handler = middleware(s.Handler) },
		websocket.New(websocket.Options{}), sse.New(sse.Options{}), polling.New(polling.Options{}), uplink.New())
	defer server.Close()
	e := &exchange{T: t, host: host, server: server, codec: codec.JSON(), hides: hides}
	test(e)
	if e.hides == "" {
		assert.Empty(t, log.String())
	} else {
		test(e)
		assert.Equal(t, 1, strings.Count(log.String(), e.hides), "the log names the type once: %s", log.String())
	}
}

// post sends a hello with an Accept-Encoding, as browsers do.
func (e *exchange) post(to string) *http.Response {
	e.Helper()
	r, err := http.NewRequest(http.MethodPost, e.server.URL+to+"?v=1&codec="+e.codec.Name(),
		bytes.NewReader(transporttest.Hello(e.codec)))
	require.NoError(e, err)
	r.Header.Set("Content-Type", "text/plain")
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := e.server.Client.Do(r)
	require.NoError(e, err)
	return response
}

func (e *exchange) refused(response *http.Response) {
	e.Helper()
	assert.Equal(e, http.StatusNotImplemented, response.StatusCode)
	_, err := transporttest.ReadAnswer(response, e.codec)
	var closed *transport.CloseError
	require.ErrorAs(e, err, &closed)
	assert.Equal(e, transport.CodeUnavailable, closed.Code)
	assert.Contains(e, closed.Message, e.hides)
}

func stream(e *exchange) {
	began := time.Now()
	response := e.post("sse")
	if e.hides != "" {
		e.refused(response)
		return
	}
	body := bufio.NewReader(response.Body)
	welcome, err := body.ReadString('\n')
	require.NoError(e, err)
	assert.Less(e, time.Since(began), 100*time.Millisecond)
	assert.Contains(e, welcome, "data: [1,")
	assert.Empty(e, response.Header.Get("Content-Encoding"))

	event := transporttest.Event(e.codec, []byte("later"))
	time.Sleep(10 * time.Second)
	e.host.Down(event)
	began = time.Now()
	_, err = body.ReadString('\n')
	require.NoError(e, err)
	line, err := body.ReadString('\n')
	require.NoError(e, err)
	assert.Equal(e, "data: "+string(event)+"\n", line)
	assert.Zero(e, time.Since(began))

	e.host.End(&transport.CloseError{Code: "replaced"})
	rest, err := io.ReadAll(body)
	require.NoError(e, err)
	assert.Equal(e, "\ndata: [8,\"replaced\"]\n\n", string(rest), "nothing may follow the close")
}

func poll(e *exchange) {
	e.hides = "" // a poll needs no stream
	event := transporttest.Event(e.codec, []byte("later"))
	time.AfterFunc(10*time.Second, func() { e.host.Down(event) })
	response := e.post("poll")
	assert.Empty(e, response.Header.Get("Content-Encoding"))
	frame, err := transporttest.ReadAnswer(response, e.codec)
	require.NoError(e, err)
	assert.Contains(e, string(frame), string(event))
}

func send(e *exchange) {
	e.hides = ""
	response := e.post("send")
	assert.Empty(e, response.Header.Get("Content-Encoding"))
	frame, err := transporttest.ReadAnswer(response, e.codec)
	require.NoError(e, err)
	assert.Equal(e, "[5,1]", string(frame))
}

func socket(e *exchange) {
	dialer := gorilla.Dialer{NetDialContext: e.server.Dial, Subprotocols: []string{"hawser.v1.json"}}
	ws, response, err := dialer.Dial("ws"+e.server.URL[len("http"):]+"websocket", http.Header{"Accept-Encoding": {"gzip"}})
	if e.hides != "" {
		require.ErrorIs(e, err, gorilla.ErrBadHandshake)
		assert.Equal(e, http.StatusNotImplemented, response.StatusCode)
		return
	}
	require.NoError(e, err)
	defer func() { _ = ws.Close() }()
	require.NoError(e, ws.WriteMessage(gorilla.TextMessage, transporttest.Hello(e.codec)))
	_, welcome, err := ws.ReadMessage()
	require.NoError(e, err)
	assert.Contains(e, string(welcome), "[1,")
}
