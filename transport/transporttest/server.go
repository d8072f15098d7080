package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// A Server is an HTTP server in memory: its connections are net.Pipes, so that it runs in a testing/synctest bubble, and a peer that does not read
// is felt at once.
type Server struct {
	// Client speaks to the server.
	Client *http.Client
	// URL is what the transports' paths are below, with a slash at its end.
	URL string

	listener *listener
	server   *http.Server
	served   chan struct{}
}

// NewServer serves the transports for the host. The options, which may be nil, set the http.Server up, for example put middleware around its Handler. Close
// it before the bubble ends.
func NewServer(host *Host, options func(*http.Server), transports ...transport.Transport) *Server {
	byPath := make(map[string]transport.Transport)
	for _, t := range transports {
		byPath[t.Path()] = t
	}
	s := &Server{URL: "http://hawser.test/realtime/", listener: newListener(), served: make(chan struct{})}
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := byPath[path.Base(r.URL.Path)]
		if t == nil {
			http.NotFound(w, r)
			return
		}
		t.Serve(host, w, r)
	})}
	if options != nil {
		options(s.server)
	}
	s.Client = &http.Client{Transport: &http.Transport{
		DialContext: s.Dial, DisableCompression: true, Protocols: s.server.Protocols,
	}}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(s.listener)
	}()
	return s
}

// Dial opens a connection to the server.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return s.listener.dial(ctx)
}

// Close ends the server and the connections that nobody has hijacked.
func (s *Server) Close() {
	s.Client.CloseIdleConnections()
	_ = s.server.Close()
	<-s.served
}

// Post sends a frame as a client does, and returns the response with its body unread.
func (s *Server) Post(ctx context.Context, to string, c codec.Codec, frame []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+to+"?v=1&codec="+c.Name(), bytes.NewReader(frame))
	if err != nil {
		return nil, err
	}
	if !c.Binary() {
		r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	return s.Client.Do(r)
}

// Send posts a frame to the uplink, after a hello. An answer that is a close packet is the error.
func (s *Server) Send(c codec.Codec, frame []byte) error {
	//nolint:bodyclose // ReadAnswer closes it
	response, err := s.Post(context.Background(), "send", c, Join(c, Hello(c), frame))
	if err != nil {
		return err
	}
	_, err = ReadAnswer(response, c)
	return err
}

// ReadAnswer returns the frame that is a response's body. One that ends with a close packet is an error: a *transport.CloseError.
func ReadAnswer(response *http.Response, c codec.Codec) ([]byte, error) {
	defer func() { _ = response.Body.Close() }()
	frame, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if kind := response.Header.Get("Content-Type"); c.Binary() != (kind == "application/octet-stream") {
		return nil, fmt.Errorf("%s: an answer that is %s: %q", response.Status, kind, frame)
	}
	packets, err := Split(c, frame)
	if err != nil {
		return nil, err
	}
	if closed := CloseOf(packets); closed != nil {
		return frame, closed
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status + " without a close packet")
	}
	return frame, nil
}

// Hello returns a hello in the codec c, with the text, if any, as its token.
func Hello(c codec.Codec, token ...string) []byte {
	body, err := c.Marshal(codec.Hello{
		V: codec.Version, Key: "transporttest-key-0123", Wire: 1, Claim: 1, Wait: 25_000, Token: strings.Join(token, ""),
	})
	if err != nil {
		panic(err)
	}
	return Packet(c, &codec.Packet{Kind: codec.KindHello, Data: codec.Payload{Raw: body}})
}

// Event returns a numbered event packet that carries the bytes.
func Event(c codec.Codec, data []byte) []byte {
	return Packet(c, &codec.Packet{Kind: codec.KindEvent, Event: "e", Data: codec.Payload{Raw: data, Bytes: true}})
}

// Packet encodes p.
func Packet(c codec.Codec, p *codec.Packet) []byte {
	encoded, err := c.AppendPacket(nil, p)
	if err != nil {
		panic(err)
	}
	return encoded
}

// Join makes one frame of packets.
func Join(c codec.Codec, packets ...[]byte) []byte {
	return bytes.Join(packets, []byte(c.Separator()))
}

// Split decodes the packets of a frame.
func Split(c codec.Codec, frame []byte) ([]*codec.Packet, error) {
	var packets []*codec.Packet
	for len(frame) > 0 {
		p := new(codec.Packet)
		rest, err := c.NextPacket(frame, p)
		if err != nil {
			return packets, err
		}
		packets = append(packets, p)
		frame = rest
	}
	return packets, nil
}

// CloseOf returns what a close packet among packets says.
func CloseOf(packets []*codec.Packet) *transport.CloseError {
	for _, p := range packets {
		if p.Kind == codec.KindClose {
			return &transport.CloseError{Code: p.Code, Message: p.Message}
		}
	}
	return nil
}

type listener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newListener() *listener { return &listener{conns: make(chan net.Conn), done: make(chan struct{})} }

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "pipe"} }
