package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/examples/internal/serve"
)

// A line takes as long as its rate says, and what comes out is what went in.
func TestSlowLine(t *testing.T) {
	for _, slow := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			l := &line{Conn: near}
			l.slow.Store(slow)
			sent := make([]byte, 3*slowRate)
			for i := range sent {
				sent[i] = byte(i)
			}
			began := time.Now()
			go func() {
				defer near.Close()
				n, err := l.Write(sent)
				assert.NoError(t, err)
				assert.Len(t, sent, n)
			}()
			got, err := io.ReadAll(far)
			require.NoError(t, err)
			assert.Equal(t, sent, got)
			want := time.Duration(0)
			if slow {
				want = 3 * time.Second
			}
			assert.Equal(t, want, time.Since(began))
		})
	}
}

func TestLineThatIsGone(t *testing.T) {
	near, far := net.Pipe()
	require.NoError(t, far.Close())
	_, err := (&line{Conn: near}).Write([]byte("anybody?"))
	require.Error(t, err)
}

// A path chooses the line, and the page and the framework are the same on both.
func TestSlowed(t *testing.T) {
	l := &line{}
	h := slowed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	for _, c := range []struct {
		path, served string
		slow         bool
	}{
		{"/slow/realtime/websocket", "/realtime/websocket", true},
		{"/realtime/websocket", "/realtime/websocket", false},
		{"/slow/", "/", true},
		{"/slower", "/slower", false},
	} {
		r := httptest.NewRequestWithContext(serve.WithConn(t.Context(), l), http.MethodGet, c.path, http.NoBody)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, c.served, w.Body.String())
		assert.Equal(t, c.slow, l.slow.Load(), c.path)
	}
}
