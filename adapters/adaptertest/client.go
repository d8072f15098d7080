package adaptertest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
)

// A Client is one session, as a client that speaks JSON and never loses anything sees it.
type Client struct {
	server *Server
	header http.Header
	key    string

	sid   string
	wires uint64
	claim uint64
	recv  uint64
	sent  uint64
}

// Client returns a client whose requests have that header.
func (s *Server) Client(t *testing.T, header http.Header) *Client {
	t.Helper()
	return &Client{server: s, header: header, key: rand.Text()}
}

// A Wire is one wire of a client.
type Wire interface {
	// Send brings numbered packets up.
	Send(t *testing.T, packets ...string)
	// Next waits for the next packet that comes down.
	Next(t *testing.T) *codec.Packet
	// Close ends the wire, as a client that loses its connection.
	Close()
}

// Call is a packet that calls an event, with an id that the client did not use before.
func Call(id uint64, event string) string {
	return fmt.Sprintf(`[%d,%d,"",%q]`, codec.KindCall, id, event)
}

// Open opens a wire, which takes these packets up in its first flight.
func (c *Client) Open(t *testing.T, transport string, packets ...string) Wire {
	t.Helper()
	c.begin()
	switch transport {
	case "websocket":
		return c.dial(t, packets)
	case "sse":
		return c.stream(t, packets)
	case "poll":
		return &polls{client: c, waiting: packets}
	}
	t.Fatal("no such transport: " + transport)
	return nil
}

// Ask posts what opens a wire, and returns the response, whose body is not read yet.
func (c *Client) Ask(t *testing.T, transport string) Response {
	t.Helper()
	c.begin()
	return c.post(t, transport)
}

func (c *Client) begin() {
	c.wires++
	c.claim++
}

// hello returns a frame of hello, start and the packets.
func (c *Client) hello(t *testing.T, packets []string) string {
	t.Helper()
	body, err := json.Marshal(codec.Hello{
		V: codec.Version, Key: c.key, SID: c.sid, Wire: c.wires, Claim: c.claim, Recv: c.recv,
		Wait: uint64(patience.Milliseconds()),
	})
	require.NoError(t, err)
	frame := []string{fmt.Sprintf("[%d,%s]", codec.KindHello, body)}
	if len(packets) > 0 {
		frame = append(frame, fmt.Sprintf("[%d,%d]", codec.KindStart, c.sent+1))
		frame = append(frame, packets...)
		c.sent += uint64(len(packets))
	}
	return strings.Join(frame, "\n")
}

// read takes the packets of a frame that came down.
func (c *Client) read(t *testing.T, frame []byte) (packets []*codec.Packet) {
	t.Helper()
	for len(frame) > 0 {
		p := new(codec.Packet)
		rest, err := codec.JSON().NextPacket(frame, p)
		require.NoError(t, err, "%q", frame)
		frame = rest
		packets = append(packets, p)
		switch {
		case p.Kind.Numbered():
			c.recv++
		case p.Kind == codec.KindWelcome:
			var w codec.Welcome
			require.NoError(t, json.Unmarshal(p.Data.Raw, &w))
			c.sid = w.SID
		}
	}
	return packets
}

// post sends a frame that begins with a hello. It says that it takes compressed answers.
func (c *Client) post(t *testing.T, to string, packets ...string) Response {
	t.Helper()
	header := http.Header{"Content-Type": {"text/plain;charset=UTF-8"}, "Accept-Encoding": {"gzip"}}
	maps.Copy(header, c.header)
	return c.server.do(t, http.MethodPost, to+"?v=1&codec=json", header, c.hello(t, packets))
}

// A packets is what came in a frame and was not asked for yet.
type packets struct{ unread []*codec.Packet }

// next returns the next packet, of the next frame if need be.
func (p *packets) next(frame func() []*codec.Packet) *codec.Packet {
	for len(p.unread) == 0 {
		p.unread = frame()
	}
	first := p.unread[0]
	p.unread = p.unread[1:]
	return first
}

// A stream is a Wire that is one response.
type stream struct {
	packets
	client *Client
	body   io.ReadCloser
}

func (c *Client) stream(t *testing.T, packets []string) *stream {
	t.Helper()
	response := c.post(t, "sse", packets...)
	require.Equal(t, http.StatusOK, response.Status)
	return &stream{client: c, body: response.Body}
}

func (s *stream) Send(t *testing.T, packets ...string) {
	t.Helper()
	response := s.client.post(t, "send", packets...)
	require.Equal(t, http.StatusOK, response.Status)
	require.NoError(t, response.Body.Close())
}

func (s *stream) Next(t *testing.T) *codec.Packet {
	t.Helper()
	return s.next(func() []*codec.Packet { return s.client.read(t, s.event(t)) })
}

// event reads the data of the next event, or nothing of a comment.
func (s *stream) event(t *testing.T) []byte {
	t.Helper()
	var lines [][]byte
	for {
		var line []byte
		for !bytes.HasSuffix(line, []byte("\n")) {
			var b [1]byte
			_, err := io.ReadFull(s.body, b[:])
			require.NoError(t, err)
			line = append(line, b[0])
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) == 0 {
			return bytes.Join(lines, []byte("\n"))
		}
		if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
			lines = append(lines, data)
		}
	}
}

func (s *stream) Close() { _ = s.body.Close() }

// polls is a Wire of one request after another: each takes what waits up, and brings a batch down.
type polls struct {
	packets
	client  *Client
	waiting []string
	begun   bool
}

func (p *polls) Send(_ *testing.T, packets ...string) { p.waiting = append(p.waiting, packets...) }

func (p *polls) Next(t *testing.T) *codec.Packet {
	t.Helper()
	return p.next(func() []*codec.Packet {
		if p.begun {
			p.client.claim++
		}
		p.begun = true
		up := p.waiting
		p.waiting = nil
		response := p.client.post(t, "poll", up...)
		require.Equal(t, http.StatusOK, response.Status)
		require.Empty(t, response.Header.Get("Content-Encoding"))
		frame, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return p.client.read(t, frame)
	})
}

func (p *polls) Close() {}
