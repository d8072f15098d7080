package hawser_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// A stuck peer says hello, and reads nothing until read is called, which returns all that came, up to the event "done" or the end.
type stuck struct {
	client *wiretest.Client
	read   func() string
}

// bye ends its session.
func (p *stuck) bye(s *site, session hawser.Session) {
	hello := p.client.Hello(func(h *codec.Hello) { h.SID, h.Wire, h.Claim = session.ID(), 1, 1 })
	end := p.client.Frame(hello, &codec.Packet{Kind: codec.KindStart, N: 1}, &codec.Packet{Kind: codec.KindEnd, Code: "closed"})
	answer, err := p.client.Post(s.t.Context(), "send", end)
	require.NoError(s.t, err)
	_ = answer.Body.Close()
}

// A narrow listener's connections take little at once: systems differ in what they buffer for somebody who does not read.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(16 << 10)
	}
	return c, err
}

// narrowly serves a site's server once more, by a handler that hands requests on.
func (s *site) narrowly(h http.Handler, start func(*httptest.Server)) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	server.Listener = narrow{server.Listener}
	start(server)
	s.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// stuckSocket opens a WebSocket.
func stuckSocket(s *site, server *httptest.Server) *stuck {
	c := s.client()
	dialer := websocket.Dialer{
		Subprotocols:    []string{"hawser.v1.json"},
		TLSClientConfig: server.Client().Transport.(*http.Transport).TLSClientConfig,
	}
	ws, _, err := dialer.DialContext(s.t.Context(), strings.Replace(server.URL, "http", "ws", 1)+"/realtime/websocket", nil)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = ws.Close() })
	require.NoError(s.t, ws.WriteMessage(websocket.TextMessage, firstHello(c, 0)))
	return &stuck{client: c, read: func() string {
		var all bytes.Buffer
		for !over(&all) {
			_, frame, err := ws.ReadMessage()
			require.NoError(s.t, err)
			all.Write(frame)
		}
		return all.String()
	}}
}

// stuckRequest opens a wire that is one response.
func stuckRequest(s *site, server *httptest.Server, path string, wait uint64) *stuck {
	c := s.client(func(c *wiretest.Client) { c.URL, c.HTTP = server.URL+"/realtime/", server.Client() })
	answers := make(chan *http.Response, 1)
	hello := firstHello(c, wait)
	go func() {
		answer, err := c.Post(s.t.Context(), path, hello)
		assert.NoError(s.t, err)
		answers <- answer
	}()
	return &stuck{client: c, read: func() string {
		answer := receive(s.t, answers)
		defer func() { _ = answer.Body.Close() }()
		var all bytes.Buffer
		for b := make([]byte, 4096); !over(&all); {
			n, err := answer.Body.Read(b)
			all.Write(b[:n])
			if err != nil {
				require.ErrorIs(s.t, err, io.EOF)
				break
			}
		}
		return all.String()
	}}
}

func firstHello(c *wiretest.Client, wait uint64) []byte {
	c.Key = strings.Repeat("k", 22)
	return c.Frame(c.Hello(func(h *codec.Hello) { h.Wire, h.Claim, h.Wait = 1, 1, wait }))
}

func over(all *bytes.Buffer) bool {
	return bytes.HasSuffix(bytes.TrimRight(all.Bytes(), "\n"), []byte(`[32,"","done"]`))
}

// limited gives requests a deadline, so that no stream is taken over from net/http.
func limited(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// What is volatile does not gather for a peer that is stuck: it is dropped once the connection takes no more, and who sends it is told. What was not dropped
// arrives.
func TestVolatileEventsToAPeerThatIsStuckAreBounded(t *testing.T) {
	const events, size, kept = 1000, 10 << 10, 1 << 20 // most of what may be kept is the kernel's
	start, startTLS := (*httptest.Server).Start, (*httptest.Server).StartTLS
	for name, open := range map[string]func(*site) *stuck{
		"websocket":          func(s *site) *stuck { return stuckSocket(s, s.narrowly(s.Server, start)) },
		"websocket over TLS": func(s *site) *stuck { return stuckSocket(s, s.narrowly(s.Server, startTLS)) },
		"stream":             func(s *site) *stuck { return stuckRequest(s, s.narrowly(s.Server, start), "sse", 0) },
		"stream through net/http": func(s *site) *stuck {
			return stuckRequest(s, s.narrowly(limited(s.Server), start), "sse", 0)
		},
		"poll": func(s *site) *stuck { return stuckRequest(s, s.narrowly(s.Server, start), "poll", 20_000) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, hawser.Options{})
			peer := open(s)
			for len(s.Sessions()) == 0 {
				runtime.Gosched()
			}
			session := s.Sessions()[0]
			before := heap()
			data := codec.Payload{Raw: []byte(`"` + strings.Repeat("x", size) + `"`)}
			// One that is dropped is offered some more times, so that it is not for want of a moment to write.
			offer := func(times int) int {
				for range times {
					if taken, err := session.SendVolatile("v", data); err == nil && taken {
						return 1
					}
					runtime.Gosched()
				}
				return 0
			}
			taken := 0
			for taken == 0 { // its wire may not be in use yet
				taken = offer(1)
			}
			for range events - 1 {
				taken += offer(20)
			}
			grown := int64(heap()) - int64(before)
			t.Logf("%d of %d events were taken, %d KB; the heap has grown by %d KB", taken, events, taken*size>>10, grown>>10)
			assert.Less(t, taken*size, kept)
			if !raceEnabled {
				assert.Less(t, grown, int64(kept))
			}
			require.NoError(t, session.Send("done", nil))
			assert.Equal(t, taken, strings.Count(peer.read(), `[10,"","v",`), "those that were taken arrive")
			peer.bye(s, session)
		})
	}
}
