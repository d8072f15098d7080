package netlab_test

import (
	"context"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/internal/netlab"
	"github.com/hawser-go/hawser/internal/netlab/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A site is a small server behind a laboratory, in memory and in a synctest bubble: POST /echo answers with the body, GET /stream writes a line "n" a second
// until the client goes, GET /ws echoes messages.
type site struct {
	t    *testing.T
	net  memnet.Network
	lab  *netlab.Lab
	http *http.Client

	mu    sync.Mutex
	heard []string // what the server was told, and what it noticed
}

func within(t *testing.T, test func(t *testing.T, s *site), faults ...netlab.Fault) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &site{t: t}
		server := &http.Server{Handler: s}
		listener := s.net.Listen("target:80")
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Serve(listener)
		}()
		s.lab = netlab.New(netlab.Options{Target: "target:80", Dial: s.net.Dial, Seed: 1, Faults: faults})
		s.lab.Serve(s.net.Listen("lab:80"))
		s.http = &http.Client{
			Transport:     &http.Transport{DialContext: s.net.Dial, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		test(t, s)
		s.http.CloseIdleConnections()
		s.lab.Close()
		assert.NoError(t, server.Close())
		<-served
		synctest.Wait()
	})
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path.Base(r.URL.Path) {
	case "echo":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.note("echo " + strconv.Itoa(len(body)))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	case "stream":
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for n := 0; ; n++ {
			_, _ = io.WriteString(w, strconv.Itoa(n)+"\n")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				s.note("stream gone")
				return
			}
		}
	case "ws":
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			kind, message, err := conn.ReadMessage()
			if err != nil {
				s.note("ws gone")
				return
			}
			s.note("ws " + string(message))
			if conn.WriteMessage(kind, message) != nil {
				return
			}
		}
	default:
		http.NotFound(w, r)
	}
}

func (s *site) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, what)
}

// noticed returns what the server was told, and what it noticed, once nothing moves any more.
func (s *site) noticed() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.heard...)
}

// post sends a body to /echo.
func (s *site) post(body string) (*http.Response, string, error) {
	r, err := s.http.Post("http://lab:80/echo", "text/plain", strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	return r, string(answer), err
}

func (s *site) mustEcho(body string) time.Duration {
	s.t.Helper()
	began := time.Now()
	_, answer, err := s.post(body)
	require.NoError(s.t, err)
	require.Equal(s.t, body, answer)
	return time.Since(began)
}

// stream opens /stream.
func (s *site) stream() *http.Response {
	s.t.Helper()
	r, err := s.http.Get("http://lab:80/stream")
	require.NoError(s.t, err)
	s.t.Cleanup(func() { r.Body.Close() })
	return r
}

// dial opens /ws.
func (s *site) dial() (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	d := websocket.Dialer{NetDialContext: s.net.Dial}
	conn, response, err := d.DialContext(ctx, "ws://lab:80/ws", nil)
	if err == nil {
		s.t.Cleanup(func() { conn.Close() })
	}
	return conn, response, err
}

func (s *site) mustDial() *websocket.Conn {
	s.t.Helper()
	conn, _, err := s.dial()
	require.NoError(s.t, err)
	return conn
}

// hears reports whether a message comes back within a minute.
func hears(conn *websocket.Conn, message string) bool {
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	_, got, err := conn.ReadMessage()
	return err == nil && string(got) == message
}

func say(t *testing.T, conn *websocket.Conn, message string) {
	t.Helper()
	require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(message)))
}
