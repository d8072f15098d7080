package sse_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/sse"
	"github.com/hawser-go/hawser/transport/transporttest"
	"github.com/hawser-go/hawser/transport/uplink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func transports() []transport.Transport {
	return []transport.Transport{sse.New(sse.Options{}), uplink.New()}
}

func TestContract(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New: transports,
		Dial: func(s *transporttest.Server, c codec.Codec, frame []byte) (transporttest.Peer, error) {
			return dial(s, c, frame)
		},
	})
}

// A writer has all that a stream needs but the connection.
type writer struct{ control *http.ResponseController }

type wrapped struct {
	http.ResponseWriter
	writer
}

func (w writer) Flush()                              { _ = w.control.Flush() }
func (w writer) SetReadDeadline(at time.Time) error  { return w.control.SetReadDeadline(at) }
func (w writer) SetWriteDeadline(at time.Time) error { return w.control.SetWriteDeadline(at) }

func TestContractWhereTheConnectionCannotBeTakenOver(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New: transports,
		Dial: func(s *transporttest.Server, c codec.Codec, frame []byte) (transporttest.Peer, error) {
			return dial(s, c, frame)
		},
		Middleware: func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(wrapped{w, writer{http.NewResponseController(w)}}, r)
			})
		},
	})
}

func TestContractOverHTTP2(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New: transports,
		Dial: func(s *transporttest.Server, c codec.Codec, frame []byte) (transporttest.Peer, error) {
			return dial(s, c, frame)
		},
		HTTP2: true,
	})
}

// A peer reads one stream.
type peer struct {
	server   *transporttest.Server
	codec    codec.Codec
	response *http.Response
	body     *bufio.Reader
	leave    context.CancelFunc
}

func dial(s *transporttest.Server, c codec.Codec, frame []byte) (*peer, error) {
	ctx, leave := context.WithCancel(context.Background())
	response, err := s.Post(ctx, "sse", c, frame)
	if err != nil {
		leave()
		return nil, err
	}
	p := &peer{server: s, codec: c, response: response, body: bufio.NewReader(response.Body), leave: leave}
	if kind := response.Header.Get("Content-Type"); kind == "text/event-stream" || c.Binary() && response.StatusCode == http.StatusOK {
		return p, nil
	}
	defer p.Leave()
	_, err = transporttest.ReadAnswer(response, c)
	return nil, err
}

func (p *peer) Send(frame []byte) error { return p.server.Send(p.codec, frame) }

func (p *peer) Next() ([]byte, error) {
	if p.codec.Binary() {
		return nextPrefixed(p.body)
	}
	return nextEvent(p.body)
}

func (p *peer) Leave() {
	p.leave()
	_ = p.response.Body.Close()
}

// nextPrefixed reads a frame after its length; a length of 0 is a comment.
func nextPrefixed(r io.Reader) ([]byte, error) {
	var length [4]byte
	for {
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return nil, err
		}
		if n := binary.BigEndian.Uint32(length[:]); n > 0 {
			frame := make([]byte, n)
			_, err := io.ReadFull(r, frame)
			return frame, err
		}
	}
}

// nextEvent reads as the WHATWG's specification says, as far as fields other than data are left out.
func nextEvent(r *bufio.Reader) ([]byte, error) {
	var data []string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSuffix(line, "\n")
		value, isData := strings.CutPrefix(line, "data:")
		switch {
		case isData:
			data = append(data, strings.TrimPrefix(value, " "))
		case line == "" && data != nil:
			return []byte(strings.Join(data, "\n")), nil
		}
	}
}

// run runs a test in a bubble, with a server around the transport.
func run(t *testing.T, options func(*http.Server), test func(*testing.T, *transporttest.Host, *transporttest.Server)) {
	synctest.Test(t, func(t *testing.T) {
		host := transporttest.NewHost()
		server := transporttest.NewServer(host, options, transports()...)
		defer server.Close()
		test(t, host, server)
	})
}

func TestHeader(t *testing.T) {
	for c, contentType := range map[codec.Codec]string{
		codec.JSON():        "text/event-stream",
		codec.MessagePack(): "application/octet-stream",
	} {
		run(t, nil, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
			p, err := dial(s, c, transporttest.Hello(c))
			require.NoError(t, err)
			defer p.Leave()
			assert.Equal(t, contentType, p.response.Header.Get("Content-Type"))
			assert.Equal(t, "no-store, no-cache, no-transform, must-revalidate, max-age=0", p.response.Header.Get("Cache-Control"))
			assert.Equal(t, "no", p.response.Header.Get("X-Accel-Buffering"))
			assert.Equal(t, "nosniff", p.response.Header.Get("X-Content-Type-Options"))
			assert.Empty(t, p.response.Header.Get("Content-Encoding"))
			assert.Equal(t, int64(-1), p.response.ContentLength)
			assert.Empty(t, p.response.TransferEncoding, "a stream ends with its connection")
		})
	}
}

func TestFirstByteDoesNotWaitForTheApplication(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
			const slow = 5 * time.Second
			host.OnReceive = func(context.Context, []byte) error {
				time.Sleep(slow)
				return nil
			}
			began := time.Now()
			p, err := dial(s, c, transporttest.Hello(c))
			require.NoError(t, err)
			defer p.Leave()
			_, err = p.body.Peek(1)
			require.NoError(t, err)
			assert.Less(t, time.Since(began), 100*time.Millisecond)
			_, err = p.Next() // past the comment
			require.NoError(t, err)
			assert.Equal(t, slow, time.Since(began))
		})
	}
}

func TestStatusOfRefusals(t *testing.T) {
	for code, status := range map[string]int{
		transport.CodeProtocol:        http.StatusBadRequest,
		transport.CodeLeap:            http.StatusBadRequest,
		transport.CodeVersion:         http.StatusBadRequest,
		transport.CodePayloadTooLarge: http.StatusRequestEntityTooLarge,
		transport.CodeUnauthorized:    http.StatusOK,
		transport.CodeUnavailable:     http.StatusOK,
	} {
		run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
			host.End(&transport.CloseError{Code: code})
			c := codec.MessagePack()
			response, err := s.Post(t.Context(), "sse", c, transporttest.Hello(c))
			require.NoError(t, err)
			assert.Equal(t, status, response.StatusCode)
			frame, err := nextPrefixed(response.Body)
			require.NoError(t, err)
			packets, err := transporttest.Split(c, frame)
			require.NoError(t, err)
			assert.Equal(t, &transport.CloseError{Code: code}, transporttest.CloseOf(packets))
			rest, err := io.ReadAll(response.Body)
			assert.NoError(t, err)
			assert.Empty(t, rest)
		})
	}
}

func TestStreamEndsBeforeItsRequestsDeadline(t *testing.T) {
	const limit = 5 * time.Second
	deadline := func(s *http.Server) {
		inner := s.Handler
		s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			inner.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	run(t, deadline, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		began := time.Now()
		p, err := dial(s, codec.JSON(), transporttest.Hello(codec.JSON()))
		require.NoError(t, err)
		defer p.Leave()
		_, err = p.Next()
		require.NoError(t, err)
		frame, err := p.Next()
		require.NoError(t, err)
		packets, err := transporttest.Split(codec.JSON(), frame)
		require.NoError(t, err)
		assert.Equal(t, transport.CodeRecycle, transporttest.CloseOf(packets).Code)
		_, err = p.Next()
		assert.Equal(t, io.EOF, err)
		assert.Less(t, time.Since(began), limit)
		var closed *transport.CloseError
		assert.ErrorAs(t, <-host.Detached, &closed)
	})
}
