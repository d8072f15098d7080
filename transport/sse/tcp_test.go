package sse_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/sse"
	"github.com/hawser-go/hawser/transport/transporttest"
)

// These tests are over loopback, where connections are written without waiting; the contract's are over pipes, which are waited for.

// ask opens a stream, and returns its connection, and its response. What middleware puts into the header stays there.
func ask(t *testing.T, host *transporttest.Host, c codec.Codec) (net.Conn, *http.Response) {
	t.Helper()
	stream := sse.New(sse.Options{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://example.com")
		stream.Serve(host, w, r)
	}))
	t.Cleanup(s.Close)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/sse?v=1&codec="+c.Name(), bytes.NewReader(transporttest.Hello(c)))
	require.NoError(t, err)
	if !c.Binary() {
		request.Header.Set("Content-Type", "text/plain")
	}
	require.NoError(t, request.Write(conn))
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	require.NoError(t, err)
	return conn, response
}

func TestStreamOverTCP(t *testing.T) {
	host, c := transporttest.NewHost(), codec.MessagePack()
	_, response := ask(t, host, c)
	assert.Equal(t, "200 OK", response.Status)
	assert.True(t, response.Close)
	assert.Equal(t, int64(-1), response.ContentLength)
	assert.Empty(t, response.TransferEncoding)
	assert.Equal(t, "https://example.com", response.Header.Get("Access-Control-Allow-Origin"))
	_, err := http.ParseTime(response.Header.Get("Date"))
	require.NoError(t, err)
	_, err = nextPrefixed(response.Body)
	require.NoError(t, err)

	// More than the kernel takes at once, so that writes are cut anywhere before the client reads.
	const n, size = 100, 100_001
	var frames [][]byte
	for i := range n {
		frames = append(frames, transporttest.Event(c, bytes.Repeat([]byte{byte(i)}, size)))
	}
	host.Down(frames...)
	host.End(&transport.CloseError{Code: "replaced"})
	for i := range n {
		got, err := nextPrefixed(response.Body)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(got, frames[i]), "frame %d", i) // the close follows the last one
	}
	rest, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Empty(t, rest)
	assert.Equal(t, &transport.CloseError{Code: "replaced"}, <-host.Detached)
}

func TestClientThatHalfClosesHasLeft(t *testing.T) {
	host := transporttest.NewHost()
	conn, response := ask(t, host, codec.JSON())
	_, err := nextEvent(bufio.NewReader(response.Body))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	assert.Equal(t, transport.ErrPeerGone, <-host.Detached)
}

func TestClientThatSaysMoreIsNotHeard(t *testing.T) {
	host := transporttest.NewHost()
	conn, response := ask(t, host, codec.JSON())
	body := bufio.NewReader(response.Body)
	_, err := nextEvent(body)
	require.NoError(t, err)
	_, err = conn.Write(bytes.Repeat([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 1000))
	require.NoError(t, err)
	host.Down(transporttest.Event(codec.JSON(), []byte("still there")))
	frame, err := nextEvent(body)
	require.NoError(t, err)
	packets, err := transporttest.Split(codec.JSON(), frame)
	require.NoError(t, err)
	assert.Equal(t, "still there", string(packets[0].Data.Raw))
	require.NoError(t, conn.Close())
	<-host.Detached
}
