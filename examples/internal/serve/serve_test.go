package serve_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/examples/internal/serve"
	"github.com/hawser-go/hawser/internal/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a site on loopback. stop has it stop, and returns what it returned.
func start(t *testing.T, s serve.Site) (addr string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx, listener) }()
	return listener.Addr().String(), func() error {
		cancel()
		return <-over
	}
}

// A site is told to stop while clients are there, on every transport.
func TestStopTellsTheClients(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{})
	addr, stop := start(t, serve.Site{
		Realtime: hawser.New(hawser.Options{}),
		Pages:    http.NotFoundHandler(),
		Beside: func(ctx context.Context) {
			close(began)
			<-ctx.Done()
			close(ended)
		},
	})
	<-began
	var clients []*wiretest.Client
	for _, transport := range []string{"websocket", "sse", "poll"} {
		c := &wiretest.Client{URL: "http://" + addr + "/realtime/", Transport: transport, HTTP: &http.Client{Transport: &http.Transport{}}}
		t.Cleanup(func() { c.Cut(); c.HTTP.CloseIdleConnections() })
		require.NoError(t, c.Connect(t.Context()))
		clients = append(clients, c)
	}
	told := make(chan error, 1)
	go func() { told <- stop() }()
	for _, c := range clients {
		p, err := c.Next(t.Context())
		require.NoError(t, err, c.Transport)
		assert.Equal(t, "going_away", p.Code, c.Transport)
	}
	require.NoError(t, <-told)
	<-ended
	_, err := net.Dial("tcp", addr)
	require.Error(t, err, "nobody listens")
}

func TestPages(t *testing.T) {
	type marked struct{ net.Conn }
	addr, stop := start(t, serve.Site{
		Realtime: hawser.New(hawser.Options{}),
		Pages:    serve.Pages(fstest.MapFS{"page/index.html": {Data: []byte("<p>the page")}, "main.go": {Data: []byte("package main")}}),
		Accepted: func(c net.Conn) net.Conn { return marked{c} },
		Wrap: func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.IsType(t, marked{}, serve.Conn(r))
				h.ServeHTTP(w, r)
			})
		},
	})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	get := func(path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, http.NoBody)
		require.NoError(t, err)
		answer, err := client.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(body)
	}
	status, body := get("/")
	assert.Equal(t, 200, status)
	assert.Equal(t, "<p>the page", body)
	for path, want := range map[string]int{"/look/base.css": 200, "/realtime/hawser.mjs": 200, "/main.go": 404, "/look/none": 404} {
		status, _ = get(path)
		assert.Equal(t, want, status, path)
	}
	require.NoError(t, stop())
}
