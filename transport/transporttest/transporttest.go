// Package transporttest says what a transport must do, as tests that each of them passes.
package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// A Subject is a transport to be tested.
type Subject struct {
	// New returns it, with whatever it needs beside it to bring frames up.
	New func() []transport.Transport
	// Dial opens a wire with a first frame, as a client does. What is wrong may also come out of the peer.
	Dial func(s *Server, c codec.Codec, frame []byte) (Peer, error)
	// HTTP2 has the server and its client speak HTTP/2 alone.
	HTTP2 bool
	// Middleware, if set, goes around the transport.
	Middleware func(http.Handler) http.Handler
}

// A Peer is the client's half of a wire. Send and Next may run at the same time.
type Peer interface {
	// Send brings one frame up. An error that the server answered with is a *transport.CloseError.
	Send(frame []byte) error
	// Next waits for the next frame that came down. Where the wire has an end, it is io.EOF after a good one.
	Next() ([]byte, error)
	// Leave closes the wire, as a client that has enough of it.
	Leave()
}

// Run tests that the transport keeps what package transport promises, with each built-in codec. The tests run in testing/synctest bubbles: time is
// not real, and a goroutine that is left behind fails them.
func Run(t *testing.T, subject Subject) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		t.Run(c.Name(), func(t *testing.T) {
			for name, test := range contract {
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { test(newTrial(t, subject, c)) })
				})
			}
		})
	}
}

// patience is for what must happen: time is not real, so nobody waits for it.
const patience = 10 * time.Minute

var contract = map[string]func(*trial){
	"a hello goes up, its welcome comes down": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		assert.Equal(t, codec.KindWelcome, t.next(peer).Kind)
	},
	"what follows the hello in its frame goes up with it": func(t *trial) {
		event := Event(t.codec, []byte("first"))
		t.dial(Join(t.codec, Hello(t.codec), event))
		assert.Equal(t, event, t.up())
	},
	"frames keep their order, both ways": func(t *trial) {
		const n = 100
		peer := t.dial(Hello(t.codec))
		var sending sync.WaitGroup
		sending.Go(func() {
			for i := range n {
				assert.NoError(t, peer.Send(Event(t.codec, fmt.Append(nil, i))))
			}
		})
		for i := range n {
			t.host.Down(Event(t.codec, fmt.Append(nil, i)))
		}
		for i, p := range t.numbered(peer, n) {
			assert.Equal(t, strconv.Itoa(i), string(p.Data.Raw))
		}
		for i := range n {
			assert.Equal(t, Event(t.codec, fmt.Append(nil, i)), t.up())
		}
		sending.Wait()
	},
	"a frame at the limit goes up, and a bigger one is refused": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		room := t.host.FrameLimit - len(Join(t.codec, Hello(t.codec), nil))
		most := t.eventOf(room)
		require.NoError(t, peer.Send(most))
		assert.Equal(t, most, t.up())

		err := peer.Send(t.eventOf(t.host.FrameLimit + 1))
		assert.Equal(t, transport.CodePayloadTooLarge, t.closed(peer, err).Code)
		assert.Empty(t, t.host.Up)
	},
	"a first frame over the limit is refused": func(t *trial) {
		peer, err := t.subject.Dial(t.server, t.codec, Join(t.codec, Hello(t.codec), t.eventOf(t.host.FrameLimit)))
		if err == nil {
			t.Cleanup(peer.Leave)
		}
		assert.Equal(t, transport.CodePayloadTooLarge, t.closed(peer, err).Code)
	},
	"a big frame comes down whole": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		t.host.Down(Event(t.codec, data))
		assert.True(t, bytes.Equal(data, t.numbered(peer, 1)[0].Data.Raw))
	},
	"what was sent before the host's close comes down before it": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		t.next(peer)
		t.host.Down(Event(t.codec, []byte("1")), Event(t.codec, []byte("2")))
		t.host.End(&transport.CloseError{Code: "replaced", Message: "why"})
		packets := t.rest(peer)
		closed := CloseOf(packets)
		packets = slices.DeleteFunc(packets, func(p *codec.Packet) bool { return !p.Kind.Numbered() })
		require.Len(t, packets, 2)
		assert.Equal(t, []string{"1", "2"}, []string{string(packets[0].Data.Raw), string(packets[1].Data.Raw)})
		assert.Equal(t, t.host.end, closed)
		t.detached(t.host.end)
	},
	"Sink.Close ends the connection": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		t.settle()
		t.host.Kill()
		t.detached(transport.ErrSinkClosed)
		for {
			if _, err := peer.Next(); err != nil {
				break // a peer that heard nothing of it would wait for ever, which ends the test
			}
		}
	},
	"a peer that leaves is detached": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		t.next(peer)
		t.settle()
		peer.Leave()
		t.detached(transport.ErrPeerGone)
	},
	"an error of Receive comes down as a close packet, and ends the wire": func(t *trial) {
		refused := errors.New("not you")
		t.host.OnReceive = func(context.Context, []byte) error { return refused }
		peer := t.dial(Hello(t.codec))
		because := &transport.CloseError{Code: "refused", Message: "not you"}
		assert.Equal(t, because, CloseOf(t.rest(peer)))
		t.detached(because)
	},
	"Receive ends with the connection": func(t *trial) {
		t.host.OnReceive = func(ctx context.Context, _ []byte) error {
			<-ctx.Done()
			return ctx.Err()
		}
		t.dial(Hello(t.codec))
		synctest.Wait()
		for _, sink := range t.host.Sinks() {
			sink.Close()
		}
		t.detached(transport.ErrSinkClosed)
	},
	"a peer that stops reading blocks nobody, and is given up": func(t *trial) {
		t.dial(Hello(t.codec))
		t.settle()
		began := time.Now()
		big := Event(t.codec, make([]byte, 1<<20))
		for range 100 {
			t.host.Down(big)
			t.host.Wake()
		}
		assert.Zero(t, time.Since(began), "Wake waited")
		var timeout interface{ Timeout() bool }
		require.ErrorAs(t, t.cause(), &timeout)
		assert.True(t, timeout.Timeout())
		assert.Equal(t, t.host.Patience, time.Since(began))
	},
	"the server's timeouts end nothing that works": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		t.next(peer)
		for range 5 {
			time.Sleep(3 * serverTimeout)
			t.host.Down(Event(t.codec, []byte("still there")))
			assert.Equal(t, "still there", string(t.numbered(peer, 1)[0].Data.Raw))
			event := Event(t.codec, []byte("me too"))
			require.NoError(t, peer.Send(event))
			assert.Equal(t, event, t.up())
		}
	},
	"a sink may be used by anybody, at any time": func(t *trial) {
		peer := t.dial(Hello(t.codec))
		t.settle()
		var all sync.WaitGroup
		for i := range 32 {
			for _, sink := range t.host.Sinks() {
				all.Go(func() {
					for range 100 {
						sink.Wake()
					}
					if i%2 == 0 {
						sink.Close()
					}
				})
			}
		}
		all.Wait()
		peer.Leave()
		synctest.Wait()
		for _, sink := range t.host.Sinks() {
			sink.Wake() // late ones
			sink.Close()
		}
	},
}

// serverTimeout is what the http.Server around the transport gives each request.
const serverTimeout = 2 * time.Second

// A trial is one test of the contract.
type trial struct {
	*testing.T
	subject Subject
	codec   codec.Codec
	host    *Host
	server  *Server
	// unread are packets that came in a frame with others.
	unread []*codec.Packet
}

func newTrial(t *testing.T, subject Subject, c codec.Codec) *trial {
	try := &trial{T: t, subject: subject, codec: c, host: NewHost()}
	try.server = NewServer(try.host, func(s *http.Server) {
		s.WriteTimeout = serverTimeout
		s.ReadTimeout = serverTimeout
		if subject.Middleware != nil {
			s.Handler = subject.Middleware(s.Handler)
		}
		if subject.HTTP2 {
			s.Protocols = new(http.Protocols)
			s.Protocols.SetUnencryptedHTTP2(true)
		}
	}, subject.New()...)
	t.Cleanup(func() {
		try.server.Close()
		synctest.Wait()
		assert.Zero(t, try.host.DetachedTwice())
		time.Sleep(patience) // for whoever lingers
		assert.Zero(t, try.host.Attached())
	})
	return try
}

// dial opens a wire that the test leaves at its end.
func (t *trial) dial(frame []byte) Peer {
	t.Helper()
	peer, err := t.subject.Dial(t.server, t.codec, frame)
	require.NoError(t, err)
	t.Cleanup(peer.Leave)
	return peer
}

// settle waits until the wire is in use.
func (t *trial) settle() {
	t.Helper()
	synctest.Wait()
	require.NotNil(t, t.host.sink(), "no wire said hello")
}

// next returns the next packet that comes down.
func (t *trial) next(peer Peer) *codec.Packet {
	t.Helper()
	for len(t.unread) == 0 {
		frame, err := peer.Next()
		if len(frame) == 0 {
			require.NoError(t, err)
		}
		packets, err := Split(t.codec, frame)
		require.NoError(t, err)
		t.unread = append(t.unread, packets...)
	}
	first := t.unread[0]
	t.unread = t.unread[1:]
	return first
}

// rest returns the packets that come down until nothing more does. The last of them is the close.
func (t *trial) rest(peer Peer) []*codec.Packet {
	t.Helper()
	packets := t.unread
	for {
		frame, over := peer.Next()
		more, err := Split(t.codec, frame)
		require.NoError(t, err)
		packets = append(packets, more...)
		if over != nil {
			require.NotEmpty(t, packets, "no close packet, but %v", over)
			require.Equal(t, codec.KindClose, packets[len(packets)-1].Kind, "no close packet, but %v", over)
			return packets
		}
	}
}

// numbered returns the next n numbered packets: each poll has a welcome between them.
func (t *trial) numbered(peer Peer, n int) []*codec.Packet {
	t.Helper()
	var packets []*codec.Packet
	for len(packets) < n {
		if p := t.next(peer); p.Kind.Numbered() {
			packets = append(packets, p)
		}
	}
	return packets
}

// closed returns how the server closed the wire: in the answer to what was sent, or by what comes down.
func (t *trial) closed(peer Peer, answer error) *transport.CloseError {
	t.Helper()
	var closed *transport.CloseError
	if answer != nil && errors.As(answer, &closed) {
		return closed
	}
	return CloseOf(t.rest(peer))
}

func (t *trial) up() []byte {
	t.Helper()
	select {
	case frame := <-t.host.Up:
		return frame
	case <-time.After(patience):
		require.Fail(t, "no frame came up")
		return nil
	}
}

// cause returns why the next wire ended, other than by an answer.
func (t *trial) cause() error {
	t.Helper()
	for {
		select {
		case cause := <-t.host.Detached:
			if errors.Is(cause, transport.ErrAnswered) {
				continue
			}
			return cause
		case <-time.After(patience):
			require.Fail(t, "no wire was detached")
		}
	}
}

func (t *trial) detached(cause error) {
	t.Helper()
	assert.Equal(t, cause, t.cause())
}

// eventOf returns an event that takes size bytes.
func (t *trial) eventOf(size int) []byte {
	for n := size; ; {
		frame := Packet(t.codec, &codec.Packet{Kind: codec.KindEvent, Event: strings.Repeat("e", n)})
		if len(frame) == size {
			return frame
		}
		n -= len(frame) - size
	}
}
