package adaptertest

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// A socket is a Wire that is a WebSocket: as much of RFC 6455 as a client needs whose messages are short.
type socket struct {
	packets
	client *Client
	conn   net.Conn
	r      *bufio.Reader
}

const (
	finText = 0x81 // a text message in one frame
	masked  = 0x80
	medium  = 126 // two bytes of length follow
)

// Upgrade asks for a WebSocket, and returns what is answered.
func (c *Client) Upgrade(t *testing.T) Response {
	t.Helper()
	response, _, _ := c.upgrade(t)
	return response
}

// upgrade asks for a WebSocket on a connection of its own, which the test closes.
func (c *Client) upgrade(t *testing.T) (Response, net.Conn, *bufio.Reader) {
	t.Helper()
	var conn net.Conn
	var err error
	if to := c.server.url.Host; c.server.tls != nil {
		conn, err = (&tls.Dialer{Config: c.server.tls}).DialContext(t.Context(), "tcp", to)
	} else {
		conn, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", to)
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.server.url.String()+"websocket", http.NoBody)
	require.NoError(t, err)
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Accept-Encoding": {"gzip"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Websocket-Protocol": {"hawser.v1.json"},
	}
	maps.Copy(r.Header, c.header)
	require.NoError(t, r.Write(conn))
	buffered := bufio.NewReader(conn)
	response, err := http.ReadResponse(buffered, r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return Response{response.StatusCode, response.ProtoMajor, response.Header, response.Body}, conn, buffered
}

func (c *Client) dial(t *testing.T, packets []string) *socket {
	t.Helper()
	response, conn, r := c.upgrade(t)
	require.Equal(t, http.StatusSwitchingProtocols, response.Status)
	s := &socket{client: c, conn: conn, r: r}
	s.write(t, c.hello(t, packets))
	return s
}

func (s *socket) Send(t *testing.T, packets ...string) {
	t.Helper()
	s.client.sent += uint64(len(packets))
	s.write(t, strings.Join(packets, "\n"))
}

func (s *socket) write(t *testing.T, message string) {
	t.Helper()
	frame := []byte{finText, masked | byte(len(message))}
	if len(message) >= medium {
		frame = binary.BigEndian.AppendUint16([]byte{finText, masked | medium}, uint16(len(message)))
	}
	frame = append(frame, 0, 0, 0, 0) // a mask that changes nothing
	_, err := s.conn.Write(append(frame, message...))
	require.NoError(t, err)
}

func (s *socket) Next(t *testing.T) *codec.Packet {
	t.Helper()
	return s.next(func() []*codec.Packet { return s.client.read(t, s.message(t)) })
}

func (s *socket) message(t *testing.T) []byte {
	t.Helper()
	head := make([]byte, 2)
	_, err := io.ReadFull(s.r, head)
	require.NoError(t, err)
	require.EqualValues(t, finText, head[0])
	length := uint16(head[1])
	if length == medium {
		require.NoError(t, binary.Read(s.r, binary.BigEndian, &length))
	}
	message := make([]byte, length)
	_, err = io.ReadFull(s.r, message)
	require.NoError(t, err)
	return message
}

func (s *socket) Close() { _ = s.conn.Close() }
