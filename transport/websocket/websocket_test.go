package websocket_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/transporttest"
	"github.com/hawser-go/hawser/transport/websocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New: func() []transport.Transport { return []transport.Transport{websocket.New(websocket.Options{})} },
		Dial: func(s *transporttest.Server, c codec.Codec, frame []byte) (transporttest.Peer, error) {
			p, err := dial(s, c)
			if err != nil {
				return nil, err
			}
			err = p.Send(frame)
			return p, err
		},
	})
}

// A peer is gorilla's client.
type peer struct {
	*gorilla.Conn
	kind int
}

func dial(s *transporttest.Server, c codec.Codec) (*peer, error) {
	ws, _, err := dialAs(s, "hawser.v1."+c.Name())
	if err != nil {
		return nil, err
	}
	p := &peer{Conn: ws, kind: gorilla.TextMessage}
	if c.Binary() {
		p.kind = gorilla.BinaryMessage
	}
	return p, nil
}

func dialAs(s *transporttest.Server, subprotocols ...string) (*gorilla.Conn, *http.Response, error) {
	dialer := gorilla.Dialer{NetDialContext: s.Dial, Subprotocols: subprotocols}
	return dialer.Dial("ws"+s.URL[len("http"):]+"websocket", nil)
}

func (p *peer) Send(frame []byte) error { return p.WriteMessage(p.kind, frame) }

func (p *peer) Next() ([]byte, error) {
	kind, frame, err := p.ReadMessage()
	switch {
	case gorilla.IsCloseError(err, gorilla.CloseNormalClosure):
		return nil, io.EOF
	case err == nil && kind != p.kind:
		return nil, assert.AnError
	default:
		return frame, err
	}
}

func (p *peer) Leave() {
	_ = p.WriteMessage(gorilla.CloseMessage, gorilla.FormatCloseMessage(gorilla.CloseGoingAway, ""))
	_ = p.Close()
}

// run runs a test in a bubble, with a server around the transport.
func run(t *testing.T, options func(*http.Server), test func(*testing.T, *transporttest.Host, *transporttest.Server)) {
	synctest.Test(t, func(t *testing.T) {
		host := transporttest.NewHost()
		server := transporttest.NewServer(host, options, websocket.New(websocket.Options{}))
		defer server.Close()
		test(t, host, server)
	})
}

func TestRefusals(t *testing.T) {
	run(t, nil, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
		get, err := s.Client.Get(s.URL + "websocket")
		require.NoError(t, err)
		body, err := io.ReadAll(get.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusUpgradeRequired, get.StatusCode)
		assert.Equal(t, "websocket", get.Header.Get("Upgrade"))
		assert.Contains(t, string(body), "upgrade")

		post, err := s.Client.Post(s.URL+"websocket", "text/plain", nil)
		require.NoError(t, err)
		assert.NoError(t, post.Body.Close())
		assert.Equal(t, http.StatusMethodNotAllowed, post.StatusCode)
		assert.Equal(t, http.MethodGet, post.Header.Get("Allow"))

		for _, offered := range [][]string{nil, {"hawser.v2.json"}, {"hawser.v1.cbor", "json"}} {
			_, response, err := dialAs(s, offered...)
			require.ErrorIs(t, err, gorilla.ErrBadHandshake)
			assert.Equal(t, http.StatusBadRequest, response.StatusCode)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Contains(t, string(body), "hawser.v1.json, hawser.v1.msgpack")
		}
	})
}

func TestFirstKnownSubprotocolIsTaken(t *testing.T) {
	run(t, nil, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
		ws, response, err := dialAs(s, "hawser.v9.json", "hawser.v1.msgpack", "hawser.v1.json")
		require.NoError(t, err)
		defer func() { _ = ws.Close() }()
		assert.Equal(t, "hawser.v1.msgpack", ws.Subprotocol())
		assert.Empty(t, response.Header.Get("Sec-WebSocket-Extensions"))
	})
}

func TestCloseStatus(t *testing.T) {
	for code, status := range map[string]int{
		transport.CodeProtocol:        gorilla.CloseProtocolError,
		transport.CodeLeap:            gorilla.CloseProtocolError,
		transport.CodePayloadTooLarge: gorilla.CloseMessageTooBig,
		transport.CodeUnauthorized:    gorilla.ClosePolicyViolation,
		transport.CodeForbidden:       gorilla.ClosePolicyViolation,
		transport.CodeVersion:         gorilla.ClosePolicyViolation,
		transport.CodeUnavailable:     gorilla.ClosePolicyViolation,
		"replaced":                    gorilla.CloseNormalClosure,
		"going_away":                  gorilla.CloseNormalClosure,
	} {
		t.Run(code, func(t *testing.T) {
			run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
				p, err := dial(s, codec.JSON())
				require.NoError(t, err)
				defer p.Leave()
				require.NoError(t, p.Send(transporttest.Hello(codec.JSON())))
				host.End(&transport.CloseError{Code: code})
				assert.Equal(t, []any{status, code}, closing(t, p))
			})
		})
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	for name, refused := range map[string]struct {
		kind, status int
		message      []byte
		code         string
	}{
		"a binary message for a text codec": {
			gorilla.BinaryMessage, gorilla.CloseProtocolError, transporttest.Hello(codec.JSON()), transport.CodeProtocol,
		},
		"over the limit": {
			gorilla.TextMessage, gorilla.CloseMessageTooBig, make([]byte, 4<<20), transport.CodePayloadTooLarge,
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, nil, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
				p, err := dial(s, codec.JSON())
				require.NoError(t, err)
				defer p.Leave()
				var sending sync.WaitGroup
				sending.Go(func() { _ = p.WriteMessage(refused.kind, refused.message) }) // the close may come in between
				assert.Equal(t, []any{refused.status, refused.code}, closing(t, p))
				sending.Wait()
			})
		})
	}
}

func TestPeerThatNeverSaysHello(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		p, err := dial(s, codec.JSON())
		require.NoError(t, err)
		defer p.Leave()
		began := time.Now()
		var timeout net.Error
		require.ErrorAs(t, <-host.Detached, &timeout)
		assert.True(t, timeout.Timeout())
		assert.Equal(t, host.Patience, time.Since(began))
	})
}

func TestPeerThatDoesNotAnswerTheClose(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		p, err := dial(s, codec.JSON())
		require.NoError(t, err)
		p.SetCloseHandler(func(int, string) error { return nil })
		require.NoError(t, p.Send(transporttest.Hello(codec.JSON())))
		host.End(&transport.CloseError{Code: "replaced"})
		closing(t, p)
		assert.Equal(t, &transport.CloseError{Code: "replaced"}, <-host.Detached)
		_, err = p.NetConn().Read(make([]byte, 1))
		assert.Equal(t, io.EOF, err)
	})
}

// closing reads up to the close frame, and returns its status and reason. A close packet with that reason must come before it.
func closing(t *testing.T, p *peer) []any {
	t.Helper()
	said := ""
	for {
		_, frame, err := p.ReadMessage()
		var end *gorilla.CloseError
		if errors.As(err, &end) {
			assert.Equal(t, said, end.Text)
			return []any{end.Code, end.Text}
		}
		require.NoError(t, err)
		packets, err := transporttest.Split(codec.JSON(), frame)
		require.NoError(t, err)
		if e := transporttest.CloseOf(packets); e != nil {
			said = e.Code
		}
	}
}

func TestHiddenConnection(t *testing.T) {
	var log bytes.Buffer
	timeout := func(s *http.Server) { s.Handler = http.TimeoutHandler(s.Handler, time.Minute, "") }
	run(t, timeout, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		host.Log = slog.New(slog.NewTextHandler(&log, nil))
		for range 2 {
			_, response, err := dialAs(s, "hawser.v1.json")
			require.ErrorIs(t, err, gorilla.ErrBadHandshake)
			assert.Equal(t, http.StatusNotImplemented, response.StatusCode)
		}
	})
	assert.Equal(t, 1, strings.Count(log.String(), "*http.timeoutWriter"), log.String())
}
