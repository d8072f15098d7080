package uplink_test

import (
	"bytes"
	"context"
	"errors"
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
	"github.com/hawser-go/hawser/transport/transporttest"
	"github.com/hawser-go/hawser/transport/uplink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a test in a bubble, with a server around the transport.
func run(t *testing.T, test func(*testing.T, *transporttest.Host, *transporttest.Server)) {
	synctest.Test(t, func(t *testing.T) {
		host := transporttest.NewHost()
		server := transporttest.NewServer(host, nil, uplink.New())
		defer server.Close()
		test(t, host, server)
		time.Sleep(time.Second) // of no real time: net/http lingers where it closes on a client that still sends
		assert.Zero(t, host.Attached())
		assert.Zero(t, host.DetachedTwice())
	})
}

// ask sends a request as it is, and returns the status and what the close packet in the answer says. Without a codec, the answer is text.
func ask(t *testing.T, s *transporttest.Server, r *http.Request, c codec.Codec) (int, *transport.CloseError, string) {
	t.Helper()
	response, err := s.Client.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Contains(t, response.Header.Get("Cache-Control"), "no-store")
	assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	if c == nil {
		assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
		return response.StatusCode, nil, string(body)
	}
	packets, err := transporttest.Split(c, body)
	require.NoError(t, err)
	return response.StatusCode, transporttest.CloseOf(packets), ""
}

func request(t *testing.T, s *transporttest.Server, query string, body io.Reader, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.URL+"send?"+query, body)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestContentTypes(t *testing.T) {
	for _, accepted := range []struct {
		codec       codec.Codec
		contentType string
		ok          bool
	}{
		{codec.JSON(), "text/plain", true},
		{codec.JSON(), "text/plain;charset=UTF-8", true},
		{codec.JSON(), "Application/JSON; charset=\"utf-8\"", true},
		{codec.JSON(), "text/plain; charset=latin1", false},
		{codec.JSON(), "", false},
		{codec.JSON(), "application/x-www-form-urlencoded", false},
		{codec.JSON(), "application/octet-stream", false},
		{codec.JSON(), "text/plain; charset", false},
		{codec.MessagePack(), "", true},
		{codec.MessagePack(), "application/octet-stream", true},
		{codec.MessagePack(), "application/msgpack", true},
		{codec.MessagePack(), "text/plain", false},
		{codec.MessagePack(), ";", false},
	} {
		t.Run(accepted.codec.Name()+" as "+accepted.contentType, func(t *testing.T) {
			run(t, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
				r := request(t, s, "v=1&codec="+accepted.codec.Name(), bytes.NewReader(transporttest.Hello(accepted.codec)))
				if accepted.contentType != "" {
					r.Header.Set("Content-Type", accepted.contentType)
				}
				status, closed, _ := ask(t, s, r, accepted.codec)
				if accepted.ok {
					assert.Equal(t, http.StatusOK, status)
					assert.Nil(t, closed)
					return
				}
				assert.Equal(t, http.StatusUnsupportedMediaType, status)
				assert.Equal(t, transport.CodeProtocol, closed.Code)
			})
		})
	}
}

func TestRefusals(t *testing.T) {
	hello := string(transporttest.Hello(codec.JSON()))
	for name, refused := range map[string]struct {
		method, query, body string
		header              []string
		status              int
		code, says          string
		text                bool // no codec is named, so that the answer is text
	}{
		"another method":   {method: "PUT", query: "v=1&codec=json", status: 405, code: "protocol", says: "POST"},
		"no version":       {query: "codec=json", status: 400, code: "version", says: "v=1"},
		"another version":  {query: "v=2&codec=json", status: 400, code: "version", says: "v=1"},
		"no codec":         {query: "v=1", status: 400, says: "json, msgpack", text: true},
		"an unknown codec": {query: "v=1&codec=cbor", status: 400, says: "json, msgpack", text: true},
		"an encoded body": {
			query: "v=1&codec=json", header: []string{"Content-Encoding", "gzip"},
			status: 415, code: "protocol", says: "Content-Encoding",
		},
		"a body encoded as it is": {
			query: "v=1&codec=json", header: []string{"Content-Encoding", "identity"},
			status: 415, code: "protocol", says: "Content-Encoding",
		},
		"too big a body": {query: "v=1&codec=json", body: strings.Repeat("x", 64<<10+1), status: 413, code: "payload_too_large", says: "65536"},
		"no frame":       {query: "v=1&codec=json", body: "[", status: 400, code: "protocol", says: "hello"},
		"an empty body":  {query: "v=1&codec=json", body: "", status: 400, code: "protocol", says: "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
				if refused.status != 400 && refused.body == "" {
					refused.body = hello
				}
				r := request(t, s, refused.query, strings.NewReader(refused.body), append(refused.header, "Content-Type", "text/plain")...)
				if refused.method != "" {
					r.Method = refused.method
				}
				c := codec.JSON()
				if refused.text {
					c = nil
				}
				status, closed, text := ask(t, s, r, c)
				assert.Equal(t, refused.status, status)
				if refused.text {
					assert.Contains(t, text, refused.says)
					return
				}
				assert.Equal(t, refused.code, closed.Code)
				assert.Contains(t, closed.Message, refused.says)
			})
		})
	}
}

func TestBodyOverTheLimitWithoutALength(t *testing.T) {
	run(t, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
		endless := io.LimitReader(zeros{}, 1<<20)
		status, closed, _ := ask(t, s, request(t, s, "v=1&codec=msgpack", endless), codec.MessagePack())
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
		assert.Equal(t, transport.CodePayloadTooLarge, closed.Code)
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestBodyThatStops(t *testing.T) {
	run(t, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		body, stalled := io.Pipe()
		defer func() { _ = stalled.Close() }()
		hello := transporttest.Hello(codec.JSON())
		go func() { _, _ = stalled.Write(hello) }()
		began := time.Now()
		status, closed, _ := ask(t, s, request(t, s, "v=1&codec=json", body, "Content-Type", "text/plain"), codec.JSON())
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Equal(t, transport.CodeProtocol, closed.Code)
		assert.GreaterOrEqual(t, time.Since(began), host.Patience)
		assert.Less(t, time.Since(began), host.Patience+time.Second)
	})
}

func TestSlowBodyIsTaken(t *testing.T) {
	run(t, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		body, slow := io.Pipe()
		go func() {
			_, _ = slow.Write(transporttest.Hello(codec.JSON()))
			for range 30 {
				time.Sleep(host.Patience / 10)
				_, _ = slow.Write(bytes.Repeat([]byte(" "), 8<<10))
			}
			_ = slow.Close()
		}()
		host.FrameLimit = 1 << 20
		var size int
		host.OnReceive = func(_ context.Context, frame []byte) error {
			size = len(frame)
			return errors.New("seen")
		}
		began := time.Now()
		ask(t, s, request(t, s, "v=1&codec=json", body, "Content-Type", "text/plain"), codec.JSON())
		assert.Equal(t, 3*host.Patience, time.Since(began))
		assert.Greater(t, size, 30*8<<10)
	})
}

func TestFullInboxIsAnsweredWithinASecond(t *testing.T) {
	run(t, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		host.OnReceive = func(ctx context.Context, _ []byte) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		var closed *transport.CloseError
		require.ErrorAs(t, s.Send(codec.JSON(), transporttest.Event(codec.JSON(), nil)), &closed)
		assert.Equal(t, time.Second, time.Since(began))
	})
}
