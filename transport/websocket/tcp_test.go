package websocket_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/transporttest"
	"github.com/hawser-go/hawser/transport/websocket"
)

// These tests are over loopback, where connections are read and written when they are ready; the contract's are over pipes, which are waited for.

// serve serves the transport for a host.
func serve(tb testing.TB, host transport.Host) *httptest.Server {
	tb.Helper()
	ws := websocket.New(websocket.Options{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ws.Serve(host, w, r) }))
	tb.Cleanup(s.Close)
	return s
}

// dialTCP opens a wire with gorilla's client.
func dialTCP(tb testing.TB, host *transporttest.Host, c codec.Codec) *peer {
	tb.Helper()
	dialer := gorilla.Dialer{Subprotocols: []string{"hawser.v1." + c.Name()}}
	ws, response, err := dialer.Dial("ws"+serve(tb, host).URL[len("http"):], nil)
	require.NoError(tb, err)
	defer response.Body.Close()
	p := &peer{Conn: ws, kind: gorilla.TextMessage}
	if c.Binary() {
		p.kind = gorilla.BinaryMessage
	}
	tb.Cleanup(p.Leave)
	require.NoError(tb, p.Send(transporttest.Hello(c)))
	_, err = p.Next()
	require.NoError(tb, err)
	return p
}

func TestFramesBothWaysOverTCP(t *testing.T) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		t.Run(c.Name(), func(t *testing.T) {
			host := transporttest.NewHost()
			p := dialTCP(t, host, c)
			for _, size := range []int{0, 100, 126, 4 << 10, 40 << 10} {
				frame := transporttest.Event(c, bytes.Repeat([]byte("x"), size))
				require.NoError(t, p.Send(frame))
				assert.Equal(t, frame, <-host.Up)
				host.Down(frame)
				got, err := p.Next()
				require.NoError(t, err)
				assert.Equal(t, frame, got)
			}
			p.Leave()
			assert.Equal(t, transport.ErrPeerGone, <-host.Detached)
		})
	}
}

// TestPeerThatReadsLate sends more than the kernel takes at once, so that a write is cut anywhere, before the peer reads any of it.
func TestPeerThatReadsLate(t *testing.T) {
	host := transporttest.NewHost()
	p := dialTCP(t, host, codec.MessagePack())
	const n, size = 200, 100_001
	var frames [][]byte
	for i := range n {
		frames = append(frames, transporttest.Event(codec.MessagePack(), bytes.Repeat([]byte{byte(i)}, size)))
	}
	host.Down(frames...)
	require.NoError(t, p.WriteControl(gorilla.PingMessage, []byte("there?"), time.Time{}))
	ponged := ""
	p.SetPongHandler(func(s string) error { ponged = s; return nil })
	for i := range n {
		got, err := p.Next()
		require.NoError(t, err)
		require.True(t, bytes.Equal(frames[i], got), "frame %d", i)
	}
	host.Down([]byte("caught up")) // which is written without waiting again
	got, err := p.Next()
	require.NoError(t, err)
	assert.Equal(t, "caught up", string(got))
	assert.Equal(t, "there?", ponged)
}

func TestPeerThatDoesNotReadOverTCP(t *testing.T) {
	host := transporttest.NewHost()
	host.Patience = 50 * time.Millisecond
	p := dialTCP(t, host, codec.MessagePack())
	for range 32 {
		host.Down(make([]byte, 1<<20))
	}
	var timeout net.Error
	require.ErrorAs(t, <-host.Detached, &timeout)
	assert.True(t, timeout.Timeout())
	_ = p
}

func TestHandshakeOfCloseOverTCP(t *testing.T) {
	t.Run("the peer's", func(t *testing.T) {
		host := transporttest.NewHost()
		p := dialTCP(t, host, codec.JSON())
		require.NoError(t, p.WriteMessage(gorilla.CloseMessage, gorilla.FormatCloseMessage(3456, "enough")))
		_, _, err := p.ReadMessage()
		assert.Equal(t, &gorilla.CloseError{Code: 3456}, err)
		_, err = p.NetConn().Read(make([]byte, 1))
		assert.Equal(t, io.EOF, err, "the server closes the connection")
		assert.ErrorContains(t, <-host.Detached, "3456")
	})
	t.Run("ours", func(t *testing.T) {
		host := transporttest.NewHost()
		p := dialTCP(t, host, codec.JSON())
		why := &transport.CloseError{Code: transport.CodeProtocol}
		host.End(why)
		assert.Equal(t, []any{gorilla.CloseProtocolError, transport.CodeProtocol}, closing(t, p))
		_, err := p.NetConn().Read(make([]byte, 1))
		assert.Equal(t, io.EOF, err)
		assert.Equal(t, why, <-host.Detached)
	})
	t.Run("of a peer that is refused", func(t *testing.T) {
		host := transporttest.NewHost()
		p := dialTCP(t, host, codec.JSON())
		_, err := p.NetConn().Write([]byte{0xf1, 0x80, 0, 0, 0, 0, 'm', 'o', 'r', 'e'})
		require.NoError(t, err)
		assert.Equal(t, []any{gorilla.CloseProtocolError, transport.CodeProtocol}, closing(t, p))
		var refused *transport.CloseError
		require.ErrorAs(t, <-host.Detached, &refused)
		assert.Equal(t, transport.CodeProtocol, refused.Code)
	})
	t.Run("none", func(t *testing.T) {
		host := transporttest.NewHost()
		p := dialTCP(t, host, codec.JSON())
		require.NoError(t, p.NetConn().Close())
		assert.Error(t, <-host.Detached)
	})
}

func TestPingsAreAnsweredBetweenMessages(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		p, err := dial(s, codec.JSON())
		require.NoError(t, err)
		defer p.Leave()
		require.NoError(t, p.Send(transporttest.Hello(codec.JSON())))
		var pongs []string
		p.SetPongHandler(func(s string) error { pongs = append(pongs, s); return nil })
		_, err = p.Next()
		require.NoError(t, err)
		for _, ping := range []string{"", "one", string(bytes.Repeat([]byte("x"), 125))} {
			require.NoError(t, p.WriteControl(gorilla.PingMessage, []byte(ping), time.Time{}))
			synctest.Wait() // of two that come together, only the last is answered (RFC 6455 §5.5.3)
			host.Down(transporttest.Event(codec.JSON(), nil))
			_, err = p.Next()
			require.NoError(t, err)
		}
		host.End(&transport.CloseError{Code: "replaced"})
		closing(t, p)
		assert.Equal(t, []string{"", "one", string(bytes.Repeat([]byte("x"), 125))}, pongs)
	})
}

// TestReceiveThatWaitsHoldsNothingUp checks that what a full inbox waits for can still go down: a handler's call to its own client, say.
func TestReceiveThatWaitsHoldsNothingUp(t *testing.T) {
	wires, clients := lines(t, 1, 1)
	q, client := wires[0], clients[0]
	room := make(chan struct{})
	q.onReceive = func(ctx context.Context) error {
		q.send(1)
		select {
		case <-room:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	_, err := client.Write(event(200))
	require.NoError(t, err)
	_, err = io.ReadFull(client, make([]byte, 3))
	require.NoError(t, err)
	close(room)
}

// TestWhatComesTogetherIsAnsweredTogether checks that no wake writes while frames that came in one piece are handed on.
func TestWhatComesTogetherIsAnsweredTogether(t *testing.T) {
	wires, clients := lines(t, 1, 1)
	q, client := wires[0], clients[0]
	const n = 200 // more than are handed on in one go
	pulled := make(chan int, n)
	handled := 0
	q.onNext = func() { pulled <- handled }
	q.onReceive = func(context.Context) error {
		handled++
		q.sink.Wake()
		return nil
	}
	_, err := client.Write(bytes.Repeat([]byte{0x82, 0x81, 0, 0, 0, 0, 'x'}, n))
	require.NoError(t, err)
	assert.Equal(t, n, <-pulled)
	require.NoError(t, client.Close())
	assert.Error(t, <-q.detached)
}

// A queue is a wire that allocates nothing: what is put on it goes down, and what comes up is answered in kind.
type queue struct {
	sink  transport.Sink
	frame []byte
	waits chan int // so many frames

	onReceive func(ctx context.Context) error // if set
	onNext    func()                          // the same
	received  chan struct{}                   // gets something with the first frame that comes up
	detached  chan error
}

func (q *queue) Receive(ctx context.Context, frames ...[]byte) error {
	if q.onReceive != nil {
		for range frames {
			if err := q.onReceive(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	select {
	case q.received <- struct{}{}:
	default:
	}
	return nil
}

func (q *queue) Next(dst []byte) ([]byte, error) {
	if q.onNext != nil {
		q.onNext()
	}
	select {
	case n := <-q.waits:
		if n > 1 {
			q.waits <- n - 1
		}
		return append(dst, q.frame...), nil
	default:
		return dst, nil
	}
}

func (*queue) Dry() bool            { return false }
func (*queue) Hold() time.Duration  { return 0 }
func (q *queue) Detach(cause error) { q.detached <- cause }

// send sends n frames down together.
func (q *queue) send(n int) {
	q.waits <- n
	q.sink.Wake()
}

// A queues host opens wires that are queues.
type queues struct {
	*transporttest.Host
	frame  []byte
	opened chan *queue
}

func (h *queues) Open(_ *http.Request, o transport.Opening) transport.Wire {
	q := &queue{
		sink: o.Sink, frame: h.frame, waits: make(chan int, 1),
		received: make(chan struct{}, 1), detached: make(chan error, 1),
	}
	h.opened <- q
	return q
}

// lines opens n wires, and returns them with the clients' halves, from which nothing but the handshake has been read.
func lines(tb testing.TB, n, size int) ([]*queue, []net.Conn) {
	tb.Helper()
	host := &queues{Host: transporttest.NewHost(), frame: make([]byte, size), opened: make(chan *queue, 1)}
	host.Patience = time.Hour
	s := serve(tb, host)
	var wires []*queue
	var clients []net.Conn
	for range n {
		client, err := net.Dial("tcp", s.Listener.Addr().String())
		require.NoError(tb, err)
		tb.Cleanup(func() { _ = client.Close() })
		shake(tb, client)
		wires = append(wires, <-host.opened)
		clients = append(clients, client)
	}
	return wires, clients
}

// shake does the client's handshake, byte by byte, so that nothing is read after it.
func shake(tb testing.TB, client net.Conn) {
	tb.Helper()
	_, err := io.WriteString(client, handshake)
	require.NoError(tb, err)
	response, err := http.ReadResponse(bufio.NewReaderSize(oneByOne{client}, 16), nil)
	require.NoError(tb, err)
	require.Equal(tb, http.StatusSwitchingProtocols, response.StatusCode)
}

const handshake = "GET / HTTP/1.1\r\nHost: hawser.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: hawser.v1.msgpack\r\n\r\n"

type oneByOne struct{ io.Reader }

func (r oneByOne) Read(p []byte) (int, error) { return r.Reader.Read(p[:1]) }

// event is a client's frame with so many bytes, masked with zeros.
func event(size int) []byte {
	frame := []byte{0x82, 0xfe}
	frame = binary.BigEndian.AppendUint16(frame, uint16(size))
	return append(frame, make([]byte, 4+size)...)
}
